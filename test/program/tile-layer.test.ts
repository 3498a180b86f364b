import t from 'tap';
import type { Size } from '../../src/media/size.ts';
import { fittingLayer, TileLayer } from '../../src/program/tile-layer.ts';
import type { Encoding } from '../../src/room/track.ts';
import { HeldClock } from '../clock/held-clock.ts';

const encodings = ['l', 'm', 'h'] as const;
const [low, medium, high] = [0, 1, 2];
const camera: Size = { width: 1280, height: 720 };
/** Tiles for each layer of that camera. */
const [small, half, full] = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
];
const everyLayer = [true, true, true];

/** A choice whose sender has this camera, and whose choices take effect at once. */
function choosing(capture: Size = camera, arriving: readonly boolean[] = everyLayer, reductions = [4, 2, 1]) {
  const clock = new HeldClock(1_000_000);
  const chosen: number[] = [];
  const choice = new TileLayer({ encodings, clock, onChosen: (layer) => chosen.push(layer) });
  let present = arriving;
  let tile: Size | undefined;
  let frame: Size | undefined;
  /** mediasoup forwards a layer, and the composer gets frames of its size. */
  const forward = (layer: number) => {
    const reduction = reductions[layer] ?? 1;
    choice.follow(layer, present);
    frame = { width: capture.width / reduction, height: capture.height / reduction };
    choice.fit(tile ?? full, frame);
  };
  return {
    ...{ clock, choice, chosen, forward },
    place: (size: Size) => {
      tile = size;
      choice.fit(size, frame);
    },
    arrive: (forwarded: number, layers: readonly boolean[]) => {
      present = layers;
      choice.follow(forwarded, layers);
    },
  };
}

t.test('the lowest layer that is large enough for the tile', async (t) => {
  const cases: [capture: Size, tile: Size, layer: number][] = [
    [camera, full, high],
    [camera, { width: 1920, height: 1080 }, high],
    [camera, half, medium],
    [camera, { width: 710, height: 400 }, medium],
    [camera, { width: 712, height: 402 }, high],
    [camera, small, low],
    [camera, { width: 2, height: 2 }, low],
    // the picture is as high as the tile, with borders at its sides
    [{ width: 720, height: 1280 }, half, medium],
    [{ width: 720, height: 1280 }, { width: 640, height: 320 }, low],
    // as wide as the tile, with borders above and below
    [camera, { width: 320, height: 700 }, low],
    [{ width: 640, height: 480 }, half, high],
    [{ width: 1920, height: 1080 }, half, medium],
    [{ width: 1920, height: 1080 }, { width: 1900, height: 900 }, high],
  ];
  for (const [capture, tile, layer] of cases) {
    t.equal(fittingLayer(encodings, capture, tile), layer, `${JSON.stringify(capture)} in ${JSON.stringify(tile)}`);
  }
  const two: readonly Encoding[] = ['l', 'h'];
  t.equal(fittingLayer(two, camera, small), 0);
  t.equal(fittingLayer(two, camera, half), 1, 'the index among those that there are');
});

t.test('a larger layer is chosen at once, a smaller one when it has been enough for five seconds', async (t) => {
  const { clock, chosen, place, forward } = choosing();
  place(full);
  t.same(chosen, [high]);
  forward(high);
  clock.advance(2000);
  place(half);
  clock.advance(4999);
  t.same(chosen, [high]);
  clock.advance(1);
  t.same(chosen, [high, medium]);
  forward(medium);
  clock.advance(60_000);
  place(full);
  t.same(chosen, [high, medium, high]);
});

t.test('a layout that flips between two keeps its layer', async (t) => {
  const { clock, chosen, place, forward } = choosing();
  place(full);
  forward(high);
  for (let index = 0; index < 100; index += 1) {
    clock.advance(1500);
    place(index % 2 === 0 ? small : full);
  }
  t.same(chosen, [high]);
  place(half);
  clock.advance(3000);
  place(small);
  clock.advance(2000);
  t.same(chosen, [high, medium], 'which is enough for both of the last five seconds');
  clock.advance(5000);
  t.same(chosen, [high, medium, low]);
  t.equal(clock.pending, 0);
});

t.test('choices are at least a second apart, however quickly a layout changes', async (t) => {
  const { clock, chosen, place } = choosing();
  place(small);
  for (const size of [half, full, small, half, full]) {
    clock.advance(100);
    place(size);
  }
  t.same(chosen, [low]);
  clock.advance(500);
  t.same(chosen, [low, high]);
});

t.test('the size of the camera is measured', async (t) => {
  await t.test('smaller than usual', async (t) => {
    const { clock, chosen, place, forward } = choosing({ width: 640, height: 360 });
    place(half);
    t.same(chosen, [medium], 'of a camera of the usual size');
    forward(medium);
    clock.advance(1000);
    t.same(chosen, [medium, high]);
    forward(high);
    clock.advance(60_000);
    t.same(chosen, [medium, high]);
  });
  await t.test('larger than usual, and upright', async (t) => {
    const { clock, chosen, place, forward } = choosing({ width: 1080, height: 1920 });
    place(half);
    forward(medium);
    clock.advance(4999);
    t.same(chosen, [medium]);
    clock.advance(1);
    t.same(chosen, [medium, low]);
  });
});

t.test('a layer that turned out to be too small is not chosen again', async (t) => {
  const { clock, chosen, place, forward } = choosing(camera, everyLayer, [8, 2, 1]);
  place(small);
  forward(low);
  clock.advance(2000);
  t.same(chosen, [low, medium]);
  forward(medium);
  clock.advance(60_000);
  t.same(chosen, [low, medium]);
  place({ width: 160, height: 90 });
  clock.advance(5000);
  t.same(chosen, [low, medium, low], 'for a tile that it suits');
});

t.test('a switch is no other camera, whoever tells of it first', async (t) => {
  for (const first of ['mediasoup', 'the composer']) {
    const { clock, choice, chosen, place, forward } = choosing();
    place(full);
    forward(high);
    clock.advance(2000);
    place(half);
    clock.advance(5000);
    const tell = [() => choice.follow(medium, everyLayer), () => choice.fit(half, { width: 640, height: 360 })];
    for (const step of first === 'mediasoup' ? tell : tell.reverse()) {
      step();
      clock.advance(300);
    }
    clock.advance(60_000);
    t.same(chosen, [high, medium], first);
  }
});

t.test('a layer that does not arrive is replaced by the next higher one until it does', async (t) => {
  const { clock, chosen, place, forward, arrive } = choosing();
  place(half);
  forward(medium);
  clock.advance(10_000);
  arrive(low, [true, false, true]);
  forward(low);
  clock.advance(999);
  t.same(chosen, [medium]);
  clock.advance(1);
  t.same(chosen, [medium, high]);
  forward(high);
  clock.advance(60_000);
  arrive(high, everyLayer);
  clock.advance(4999);
  t.same(chosen, [medium, high]);
  clock.advance(1);
  t.same(chosen, [medium, high, medium]);
  forward(medium);

  arrive(low, [true, false, false]);
  forward(low);
  clock.advance(60_000);
  t.same(chosen, [medium, high, medium], 'without a higher one mediasoup forwards a lower one');
  arrive(medium, everyLayer);
  forward(medium);
  clock.advance(60_000);
  t.same(chosen, [medium, high, medium]);
});

t.test('layers that begin one after the other are no missing ones', async (t) => {
  const { clock, chosen, place, forward, arrive } = choosing(camera, [false, false, false]);
  place(half);
  arrive(low, [true, false, false]);
  forward(low);
  arrive(low, [true, false, true]);
  clock.advance(900);
  arrive(low, everyLayer);
  forward(medium);
  clock.advance(60_000);
  t.same(chosen, [medium]);
});

t.test('nothing is chosen without a tile, or after the end', async (t) => {
  const { clock, choice, chosen, place, arrive } = choosing();
  arrive(high, everyLayer);
  clock.advance(10_000);
  t.same(chosen, []);
  place(full);
  place(small);
  t.ok(clock.pending > 0);
  choice.close();
  choice.close();
  t.equal(clock.pending, 0);
  place(full);
  clock.advance(60_000);
  t.same([chosen, clock.pending], [[high], 0]);
});
