import t from 'tap';
import { CanvasRing } from '../../../../workers/composer/video/canvas-ring.ts';
import { createFrame, type RawFrame } from '../../../../workers/composer/video/raw-frame.ts';
import { Tile } from '../../../../workers/composer/video/tile.ts';

const size = { width: 16, height: 8 };

/** Brightness at a place. */
function at(frame: RawFrame, x: number, y: number): number {
  return frame.data[y * frame.width + x] ?? 0;
}

function createTile(x: number, brightness: number): Tile {
  const tile = new Tile();
  tile.place({ x, y: 2, width: 4, height: 4 });
  show(tile, brightness, 0);
  return tile;
}

function show(tile: Tile, brightness: number, time: number): void {
  tile.add(createFrame(4, 4, [brightness, 100, 200]), time, time);
  tile.advance(time);
}

t.test('tiles are drawn at their place, and nothing else changes', async (t) => {
  const canvas = new CanvasRing(size).compose([createTile(2, 90), createTile(10, 200)]);
  const row = (y: number) => Array.from({ length: 16 }, (_, x) => at(canvas.frame, x, y));
  const [o, a, b] = [24, 90, 200];
  t.same(row(2), [o, o, a, a, a, a, o, o, o, o, b, b, b, b, o, o]);
  t.same(row(5), row(2));
  t.same(new Set([...row(0), ...row(1), ...row(6), ...row(7)]), new Set([o]));
  const chroma = [...canvas.frame.data.subarray(128, 160)];
  t.equal(chroma.filter((value) => value === 100).length, 8, 'both tiles in the first plane of colour');
});

t.test('unchanged tiles are not composed again', async (t) => {
  const ring = new CanvasRing(size);
  const tile = createTile(2, 90);
  const first = ring.compose([tile]);
  t.equal(ring.compose([tile]), first);
  show(tile, 91, 1);
  const second = ring.compose([tile]);
  t.not(second, first);
  t.equal(at(first.frame, 2, 2), 90, 'the other may still be read');
  t.equal(at(second.frame, 2, 2), 91);
});

t.test('a reused canvas gets everything that changed meanwhile', async (t) => {
  const ring = new CanvasRing(size);
  const tiles = [createTile(2, 50), createTile(10, 50)] as const;
  for (let time = 1; time < 20; time += 1) {
    show(tiles[time % 2 ? 0 : 1], 50 + time, time);
    const { frame } = ring.compose(tiles);
    t.same([at(frame, 2, 2), at(frame, 10, 2)], time % 2 ? [50 + time, 49 + time] : [49 + time, 50 + time]);
  }
});

t.test('a new layout leaves nothing of the old one', async (t) => {
  const ring = new CanvasRing(size);
  const tile = createTile(2, 90);
  ring.compose([tile]);
  tile.place({ x: 10, y: 2, width: 4, height: 4 });
  ring.relayout();
  for (let time = 1; time < 6; time += 1) {
    show(tile, 100 + time, time);
    const { frame } = ring.compose([tile]);
    t.same([at(frame, 2, 2), at(frame, 10, 2)], [24, 100 + time]);
  }
});

t.test('a frame of another shape is centred in its tile with black bars', async (t) => {
  const ring = new CanvasRing(size);
  const tile = createTile(2, 90);
  ring.compose([tile]);
  for (const [time, width, height, row] of [
    [1, 4, 2, 4],
    [2, 2, 4, 3],
    [3, 4, 4, 3],
    [4, 4, 4, 3],
  ] as const) {
    tile.add(createFrame(width, height, [100, 100, 200]), time, time);
    tile.advance(time);
    const { frame } = ring.compose([tile]);
    const seen = [2, 3, 4, 5].map((x) => at(frame, x, row));
    const wanted = { 1: [16, 16, 16, 16], 2: [100, 100, 16, 16], 3: [100, 100, 100, 100], 4: [100, 100, 100, 100] };
    t.same(seen, wanted[time]);
    t.equal(at(frame, 6, row), 24, 'nothing outside');
  }
});

t.test('a name beside the frame is replaced by the next', async (t) => {
  const ring = new CanvasRing(size);
  const tile = new Tile();
  tile.place({ x: 0, y: 0, width: 16, height: 8 });
  tile.setLabel({ width: 4, height: 2, levels: Buffer.alloc(8, 255) });
  for (let time = 1; time < 12; time += 1) {
    tile.add(createFrame(8, 8, [100, 100, 200]), time, time);
    tile.advance(time);
    if (time === 6) tile.setLabel({ width: 4, height: 2, levels: Buffer.alloc(8) });
    const { frame } = ring.compose([tile]);
    t.equal(at(frame, 0, 7) > 200, time < 6);
    t.equal(at(frame, 0, 7) === 16, time >= 6, 'black again');
  }
});

t.test('nothing is left of a name that is longer than the next', async (t) => {
  const ring = new CanvasRing(size);
  const tile = new Tile();
  tile.place({ x: 0, y: 0, width: 16, height: 8 });
  tile.setLabel({ width: 4, height: 4, levels: Buffer.alloc(16, 255) });
  for (let time = 1; time < 18; time += 1) {
    tile.add(createFrame(8, 8, [100, 100, 200]), time, time);
    tile.advance(time);
    if (time === 6) tile.setLabel({ width: 2, height: 2, levels: Buffer.alloc(4, 255) });
    if (time === 12) tile.setLabel(undefined);
    const { frame } = ring.compose([tile]);
    t.same(
      [at(frame, 0, 7) > 200, at(frame, 3, 7) > 200, at(frame, 0, 4) > 200],
      [time < 12, time < 6, time < 6],
      `${time}`,
    );
  }
});

t.test('when all canvases are in use the last frame is repeated', async (t) => {
  const ring = new CanvasRing(size);
  const tile = createTile(2, 0);
  const held = [1, 2, 3, 4].map((time) => {
    show(tile, time, time);
    const canvas = ring.compose([tile]);
    canvas.holders += 1;
    return canvas;
  });
  t.equal(new Set(held).size, 4);
  show(tile, 99, 9);
  t.equal(ring.compose([tile]), held[3]);
  t.equal(at(ring.last.frame, 2, 2), 4, 'unchanged under its reader');
  (held[0] ?? ring.last).holders = 0;
  t.equal(at(ring.compose([tile]).frame, 2, 2), 99);
});
