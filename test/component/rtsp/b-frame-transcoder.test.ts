import { pino } from 'pino';
import t, { type Test } from 'tap';
import { BFrameTranscoder } from '../../../src/component/rtsp/b-frame-transcoder.ts';
import { readFrameTime } from '../../../src/component/rtsp/frame-time.ts';
import type { AccessUnit } from '../../../src/media/rtp/access-unit-assembler.ts';
import { isSlice } from '../../../src/media/rtp/nal-unit.ts';
import { ParameterSets } from '../../../src/media/rtp/parameter-sets.ts';
import { SupervisedProcess } from '../../../src/process/supervised-process.ts';
import { bFrames } from './b-frames.ts';

const logger = pino({ enabled: false });

class Transcoding {
  readonly came: { picture: AccessUnit; timestamp: number }[] = [];
  failures = 0;
  readonly transcoder: BFrameTranscoder;
  readonly sets = new ParameterSets();
  #changed = () => undefined as unknown;

  constructor(t: Test, script?: string) {
    const options = { name: 'transcoder', program: process.execPath, args: ['-e', script ?? ''], logger };
    const stubborn = new SupervisedProcess({ ...options, stdin: 'pipe', stdout: 'pipe', stopSignal: 'SIGKILL' });
    this.transcoder = new BFrameTranscoder({
      sets: this.sets,
      logger,
      onFrame: (picture, timestamp) => {
        this.came.push({ picture, timestamp });
        this.#changed();
      },
      onFailure: () => {
        this.failures += 1;
        this.#changed();
      },
      ...(script !== undefined && { process: stubborn }),
    });
    t.teardown(() => this.transcoder.close());
  }

  write({ nals }: AccessUnit, timestamp: number): void {
    for (const nal of nals) this.sets.remember(nal);
    this.transcoder.write(nals, timestamp, true);
  }

  async until(happened: () => boolean): Promise<void> {
    while (!happened()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve as () => unknown;
      });
    }
  }
}

t.test('frames come in presentation order with the times of the source', async (t) => {
  const transcoding = new Transcoding(t);
  for (const { unit, place } of await bFrames(31)) transcoding.write(unit, place * 3600);
  await transcoding.until(() => transcoding.came.length >= 25);
  t.notOk(transcoding.came.some(({ picture }) => picture.bidirectional));
  t.ok(transcoding.came[0]?.picture.key);
  const stamps = transcoding.came.map(({ timestamp }) => timestamp);
  t.same(
    stamps,
    stamps.map((_, index) => index * 3600),
    'all of them, although they were written at once',
  );
  t.notOk(transcoding.came.some(({ picture }) => picture.nals.some((nal) => readFrameTime(nal) !== undefined)));
});

t.test('nothing is sent before a keyframe with known parameter sets', async (t) => {
  const transcoding = new Transcoding(t, 'process.stdin.pipe(process.stdout)');
  const units = (await bFrames(31)).map(({ unit }) => unit);
  const [key, ...others] = units;
  for (const [index, unit] of others.slice(0, 5).entries()) transcoding.write(unit, index);
  transcoding.transcoder.write(key?.nals.filter(isSlice) ?? [], 100, true);
  for (const [index, unit] of units.slice(0, 3).entries()) transcoding.write(unit, 200 + index);
  await transcoding.until(() => transcoding.came.length >= 2);
  t.equal(transcoding.came[0]?.timestamp, 200);
  t.ok(transcoding.came[0]?.picture.key);
});

t.test('a transcoder that ends is reported, a closed one is not', async (t) => {
  const ended = new Transcoding(t, 'process.exit(0)');
  await ended.until(() => ended.failures > 0);
  const closed = new Transcoding(t, 'setInterval(() => undefined, 1000)');
  await closed.transcoder.close();
  t.equal(closed.failures, 0);
});

t.test('frames that are too large end the transcoder, not the server', async (t) => {
  const unit = 'Buffer.concat([Buffer.from([0, 0, 0, 1, 6]), Buffer.alloc(1024 * 1024, 0x55)])';
  const endless = `setInterval(() => process.stdout.write(${unit}), 1)`;
  const transcoding = new Transcoding(t, endless);
  await transcoding.until(() => transcoding.failures > 0);
  t.same(transcoding.came, []);
});
