import { EventEmitter, once } from 'node:events';
import t, { type Test } from 'tap';
import { AccessUnitAssembler } from '../../../../src/media/rtp/access-unit-assembler.ts';
import { AnnexBSplitter } from '../../../../src/media/rtp/annex-b.ts';
import type { Size } from '../../../../src/media/size.ts';
import { monotonicClock } from '../../../../workers/composer/monotonic-clock.ts';
import type { CapturedFrame } from '../../../../workers/composer/video/gop.ts';
import type { RawFrame } from '../../../../workers/composer/video/raw-frame.ts';
import { TileDecoder } from '../../../../workers/composer/video/tile-decoder.ts';
import { ffmpegOutput } from '../../../command-output.ts';

/** Nothing is lost, so that a frame can be recognised. */
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-qp', '1', '-g', '100', '-bf', '0'];

/** Encoded frames, of which the first is a keyframe. @param picture filter after a black source */
async function encode({ width, height }: Size, picture: string, frames: number): Promise<CapturedFrame[]> {
  const source = `color=black:s=${width}x${height}:r=10,${picture}`;
  const count = ['-frames:v', String(frames), '-pix_fmt', 'yuv420p', '-f', 'h264', 'pipe:1'];
  const bytes = await ffmpegOutput(['-f', 'lavfi', '-i', source, ...h264, ...count]);
  const [splitter, assembler] = [new AnnexBSplitter(), new AccessUnitAssembler()];
  const units = [...splitter.push(bytes), ...splitter.flush()].map((nal) => assembler.push(nal));
  const whole = [...units, assembler.flush()].filter((unit) => unit !== undefined);
  return whole.map(({ nals, key }, index) => ({
    ...{ parts: nals, key, size: key ? { width, height } : undefined },
    ...{ timestamp: index * 9000, at: index * 100, time: index * 100 },
  }));
}

/** A decoder with its output. */
class DrivenDecoder {
  readonly frames: { readonly frame: RawFrame; readonly time: number; readonly live: boolean }[] = [];
  readonly restarts: unknown[] = [];
  keyframesNeeded = 0;
  readonly decoder: TileDecoder;
  readonly #events = new EventEmitter<{ frame: [] }>();

  constructor(t: Test, { width, height }: Size, whole = false) {
    this.decoder = new TileDecoder({
      ...{ codec: 'video/H264', whole },
      clock: monotonicClock,
      onFrame: (frame, time, live) => {
        this.frames.push({ frame, time, live });
        this.#events.emit('frame');
      },
      onKeyframeNeeded: () => {
        this.keyframesNeeded += 1;
      },
      onRestart: (fields) => this.restarts.push(fields),
    });
    t.teardown(() => this.decoder.close());
    this.decoder.resize(width, height);
  }

  async until(count: number): Promise<void> {
    while (this.frames.length < count) await once(this.#events, 'frame');
  }

  /** Brightness of the middle of each frame. */
  get levels(): number[] {
    return this.frames.map(({ frame: { data, width, height } }) => data[(height / 2) * width + width / 2] ?? 0);
  }
}

t.test('what is not shown is decoded, but not output, until nothing comes after it', async (t) => {
  const size = { width: 64, height: 36 };
  const frames = await encode(size, `geq=lum='40+N*20':cb=128:cr=128`, 9);
  const next = frames.pop() as CapturedFrame;
  const driven = new DrivenDecoder(t, size);
  t.equal(driven.keyframesNeeded, 1);
  for (const [index, frame] of frames.entries()) driven.decoder.decode(frame, index % 2 === 0);
  await driven.until(4);
  t.ok(driven.decoder.catchUp());
  driven.decoder.decode(next);
  await driven.until(6);
  t.same(driven.frames.at(-1)?.live, false, 'it waited for those that were decoded again');
  t.ok(driven.decoder.catchUp());
  for (const frame of await encode(size, `geq=lum='20':cb=128:cr=128`, 1)) driven.decoder.decode(frame);
  await driven.until(7);
  const wanted = [40, 80, 120, 160, 180, 200, 20];
  t.ok(
    driven.levels.every((level, index) => Math.abs(level - (wanted[index] ?? 0)) <= 2),
    `${driven.levels}`,
  );
  t.same(
    driven.frames.map(({ time }) => time),
    [0, 200, 400, 600, 700, 800, 0],
  );
  t.equal(driven.frames.length, 7, 'the last one is output once');
  driven.decoder.decode(frames[1] as CapturedFrame, false);
  driven.decoder.break();
  t.same(
    [driven.decoder.catchUp(), driven.decoder.catchUp()],
    [false, true],
    'what it cannot decode again, it says once',
  );
  t.same([driven.keyframesNeeded, driven.restarts], [1, []]);
});

t.test('frames are averaged when they shrink and interpolated when they grow, in one decoder', async (t) => {
  const [large, small] = [
    { width: 320, height: 180 },
    { width: 32, height: 18 },
  ];
  const driven = new DrivenDecoder(t, { width: 160, height: 90 });
  const stripes = await encode(large, `geq=lum='if(mod(X,2),200,40)':cb=128:cr=128`, 1);
  const halves = await encode(small, `geq=lum='if(lt(X,16),40,200)':cb=128:cr=128`, 1);
  for (const frame of [...stripes, ...halves]) driven.decoder.decode(frame);
  await driven.until(2);
  const [first, second] = driven.frames.map(({ frame: { data, width, height } }) => [
    ...data.subarray((height / 2) * width, (height / 2 + 1) * width),
  ]);
  t.ok(
    first?.every((level) => Math.abs(level - 120) < 8),
    `${first}`,
  );
  const between = new Set(second?.filter((level) => level > 50 && level < 190));
  t.ok(between.size >= 3, `from dark to light by steps: ${second}`);
  t.same(driven.restarts, []);
});

t.test(
  'a frame that is hardly larger than its tile is cut, and not scaled, unless all of it is to be seen',
  async (t) => {
    const stripes = `geq=lum='if(mod(X,2),200,40)':cb=128:cr=128`;
    const exact = await encode({ width: 640, height: 360 }, stripes, 1);
    const larger = await encode({ width: 648, height: 364 }, stripes, 1);
    const area = { width: 630, height: 350 };
    for (const whole of [false, true]) {
      const driven = new DrivenDecoder(t, area, whole);
      for (const frame of [...exact, ...larger]) driven.decoder.decode(frame);
      await driven.until(2);
      const isSharp = driven.frames.map(({ frame: { data, width, height } }) =>
        data.subarray((height / 2) * width, (height / 2 + 1) * width).every((level, index, row) => {
          return index === 0 || Math.abs(level - (row[index - 1] ?? 0)) > 150;
        }),
      );
      t.same(isSharp, [!whole, false]);
      t.match(driven.frames, [{ frame: { width: 622, height: 350 } }, { frame: { width: 622, height: 350 } }]);
      t.same(driven.restarts, []);
    }
  },
);
