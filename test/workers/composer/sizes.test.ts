import t from 'tap';
import { videoScript } from '../../scripts.ts';
import { type Area, assertWhole, type DecodedProgram, type Rgb, shows } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

const middle: Area = { x: 0.45, y: 0.45, width: 0.1, height: 0.1 };
const edge: Area = { x: 0.02, y: 0.4, width: 0.06, height: 0.2 };
const isDark = (program: DecodedProgram, time: number, area: Area) => Math.max(...program.colour(time, area)) < 40;

const colours = [
  [253, 0, 0],
  [0, 253, 0],
  [0, 0, 253],
  [253, 253, 0],
  [253, 0, 0],
];

function isColour(seen: Rgb, index: number): boolean {
  return seen.every((value, channel) => Math.abs(value - (colours[index]?.[channel] ?? 0)) < 60);
}

t.test('a VP8 publisher whose size changes, as browsers do on a slow network, is shown', async (t) => {
  const frame = (colour: string, size: string) =>
    videoScript({ source: `color=${colour}:s=${size}:r=30`, duration: 1, frameRate: 30, codec: 'vp8' });
  const wide = await frame('red', '640x360');
  const smaller = await frame('lime', '320x180');
  const tiny = await frame('blue', '160x90');
  const narrow = await frame('yellow', '120x160');
  const worker = await RunningComposer.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  const options = { endpointId: 'a', mimeType: 'video/VP8' } as const;
  const video = await worker.publish('video', { ...options, script: wide, simulcast: true });
  const times: number[] = [];
  for (const [index, script] of [wide, smaller, tiny, narrow, wide].entries()) {
    if (index > 0) video.change(script);
    const isShown = (program: DecodedProgram, end: number) => isColour(program.colour(end, middle), index);
    times.push(await shows(worker, `size ${index}`, isShown, 300));
  }
  const sizes = [undefined, [640, 360], [320, 180], [160, 90], [120, 160], [640, 360]];
  const tile = { width: 320, height: 180 };
  t.same(
    worker.tileSizes.map(({ tile, frame }) => ({ tile, frame })),
    sizes.map((size) => ({ tile, frame: size && { width: size[0], height: size[1] } })),
    'the size of a simulcast track is told',
  );
  await worker.publish('plain', { ...options, script: tiny });
  const last = worker.tileSizes.at(-1)?.tile;
  t.ok(last && last.width < tile.width, 'the smaller tile, too');
  t.same(new Set(worker.tileSizes.map(({ trackId }) => trackId)), new Set(['video']), 'that of no other');
  t.equal(await worker.stop(), 0);
  t.equal(worker.received.length, 1, 'the format stays');
  const program = await assertWhole(t, worker.received);
  for (const [index, time] of times.entries()) {
    t.ok(isColour(program.colour(time, middle), index), `${program.colour(time, middle)} at ${time}`);
    t.equal(isDark(program, time, edge), index === 3, 'all of the tile, but for what is narrow');
  }
  t.same(worker.troubles, []);
});

t.test(
  'a phone that is turned while it sends is upright before and after, in H264 and in odd sizes of VP8',
  async (t) => {
    const worker = await RunningComposer.start({ width: 320, height: 180 });
    t.teardown(() => worker.close());
    const script = (source: string, codec: 'h264' | 'vp8') =>
      videoScript({ source: `color=${source}:r=15`, duration: 1, frameRate: 15, codec });
    const phone = await worker.publish('phone', {
      ...{ endpointId: 'a', mimeType: 'video/H264', script: await script('red:s=320x180', 'h264') },
    });
    const odd = await worker.publish('odd', {
      ...{ endpointId: 'b', mimeType: 'video/VP8', script: await script('lime:s=321x181', 'vp8') },
    });
    await worker.play(2500);
    const before = worker.position - 100;
    phone.change(await script('red:s=180x320', 'h264'));
    odd.change(await script('lime:s=181x321', 'vp8'));
    await worker.play(2500);
    const after = worker.position - 100;
    t.equal(await worker.stop(), 0);
    const program = await assertWhole(t, worker.received);
    // two tiles side by side, each 160x90
    for (const [channel, x] of [
      [0, 0],
      [1, 0.5],
    ] as const) {
      const inner: Area = { x: x + 0.23, y: 0.45, width: 0.04, height: 0.1 };
      const side: Area = { x: x + 0.04, y: 0.45, width: 0.04, height: 0.1 };
      for (const [time, area] of [
        [before, inner],
        [before, side],
        [after, inner],
      ] as const) {
        t.ok(program.colour(time, area)[channel] > 150, `${program.colour(time, area)} at ${time}`);
      }
      t.ok(isDark(program, after, side), 'upright, with borders at its sides');
    }
    t.same(worker.troubles, []);
  },
);

t.test('1920x1080 is composed and encoded', async (t) => {
  const script = await videoScript({ source: 'color=red:s=1920x1080:r=24', duration: 1, frameRate: 24, bitrate: '3M' });
  const worker = await RunningComposer.start({ width: 1920, height: 1080, frameRate: 24, videoBitrate: 3_000_000 });
  t.teardown(() => worker.close());
  await worker.publish('video', { endpointId: 'a', script, mimeType: 'video/H264' });
  await worker.play(3000);
  const end = worker.position;
  t.equal(await worker.stop(), 0);
  // On a slow machine the frame rate may have been halved: there is no hole all the same.
  const program = await assertWhole(t, worker.received);
  t.match(worker.received[0]?.format.video, { width: 1920, height: 1080 });
  const last = worker.received.at(-1);
  if (last?.format.epoch === 0) t.ok(program.colour(end - 100, edge)[0] > 180, 'the frame fills the program');
  t.ok(program.frames >= 36, 'three seconds, at half the rate at least');
});
