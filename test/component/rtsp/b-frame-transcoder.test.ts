import { pino } from 'pino';
import t, { type Test } from 'tap';
import { BFrameTranscoder } from '../../../src/component/rtsp/b-frame-transcoder.ts';
import { readPictureTime } from '../../../src/component/rtsp/picture-time.ts';
import { SupervisedProcess } from '../../../src/process/supervised-process.ts';
import type { AccessUnit } from '../../../src/rtp/access-unit-assembler.ts';
import { accessUnits } from '../../../src/rtp/access-units.ts';
import { isSlice } from '../../../src/rtp/nal-unit.ts';
import { ParameterSets } from '../../../src/rtp/parameter-sets.ts';
import { h264Pattern } from '../../workers/recorder/recorded-media.ts';

const logger = pino({ enabled: false });

/** Pictures in the order of decoding: I P B B P B B ... */
async function pictures(): Promise<AccessUnit[]> {
  const stream = await h264Pattern(31, { extra: ['-bf', '2', '-b_strategy', '0', '-sc_threshold', '0'] });
  const units: AccessUnit[] = [];
  for await (const unit of accessUnits(chunks(stream))) units.push(unit);
  return units;
}

async function* chunks(stream: Buffer): AsyncGenerator<Buffer> {
  yield stream;
}

/** When each is shown: all but B pictures wait until those that were sent behind them have been. */
function timesOf(units: readonly AccessUnit[]): number[] {
  const order: number[] = [];
  let waiting: number | undefined;
  for (const [index, { bidirectional }] of units.entries()) {
    if (bidirectional) order.push(index);
    if (bidirectional) continue;
    if (waiting !== undefined) order.push(waiting);
    waiting = index;
  }
  if (waiting !== undefined) order.push(waiting);
  return units.map((_, index) => order.indexOf(index) * 3600);
}

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
      onPicture: (picture, timestamp) => {
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

t.test('pictures come in the order of showing, with the times that the source gave them', async (t) => {
  const transcoding = new Transcoding(t);
  const units = await pictures();
  const times = timesOf(units);
  for (const [index, unit] of units.entries()) transcoding.write(unit, times[index] ?? 0);
  await transcoding.until(() => transcoding.came.length >= 25);
  t.notOk(transcoding.came.some(({ picture }) => picture.bidirectional));
  t.ok(transcoding.came[0]?.picture.key);
  const stamps = transcoding.came.map(({ timestamp }) => timestamp);
  t.same(
    stamps,
    stamps.map((_, index) => index * 3600),
    'all of them, although they were written at once',
  );
  t.notOk(transcoding.came.some(({ picture }) => picture.nals.some((nal) => readPictureTime(nal) !== undefined)));
});

t.test('nothing goes in before a key frame whose parameter sets are known', async (t) => {
  const transcoding = new Transcoding(t, 'process.stdin.pipe(process.stdout)');
  const units = await pictures();
  const [key, ...others] = units;
  for (const [index, unit] of others.slice(0, 5).entries()) transcoding.write(unit, index);
  transcoding.transcoder.write(key?.nals.filter(isSlice) ?? [], 100, true);
  for (const [index, unit] of units.slice(0, 3).entries()) transcoding.write(unit, 200 + index);
  await transcoding.until(() => transcoding.came.length >= 2);
  t.equal(transcoding.came[0]?.timestamp, 200);
  t.ok(transcoding.came[0]?.picture.key);
});

t.test('a transcoder that ends is told of, one that is closed is not', async (t) => {
  const ended = new Transcoding(t, 'process.exit(0)');
  await ended.until(() => ended.failures > 0);
  const closed = new Transcoding(t, 'setInterval(() => undefined, 1000)');
  await closed.transcoder.close();
  t.equal(closed.failures, 0);
});

t.test('pictures that are too long end the transcoder, not the server', async (t) => {
  const unit = 'Buffer.concat([Buffer.from([0, 0, 0, 1, 6]), Buffer.alloc(1024 * 1024, 0x55)])';
  const endless = `setInterval(() => process.stdout.write(${unit}), 1)`;
  const transcoding = new Transcoding(t, endless);
  await transcoding.until(() => transcoding.failures > 0);
  t.same(transcoding.came, []);
});
