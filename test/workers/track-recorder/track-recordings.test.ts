import { createSocket } from 'node:dgram';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { FromTrackRecorder, ToTrackRecording } from '../../../src/component/recording/track-recorder-message.ts';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { TrackRecordings } from '../../../workers/track-recorder/track-recordings.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { eventually } from '../../eventually.ts';

/** One frame of 20 ms of silence (RFC 6716 section 3.1). */
const payload = Buffer.alloc(50, 0xfc);
const stream = { mimeType: 'audio/opus', payloadType: 100, ssrc: 7 } as const;
const track = { trackId: 'track', kind: 'audio', origin: 'peer', metadata: null, offset: 0 } as const;
const count = 5;

async function start(t: Test) {
  const clock = new HeldClock(1_700_000_000_000);
  const said: FromTrackRecorder[] = [];
  const recordings = new TrackRecordings({ clock, send: (message) => said.push(message) });
  const sender = createSocket('udp4');
  const folders = await Promise.all(Array.from({ length: count }, () => mkdtemp(join(tmpdir(), 'shoal-turns-'))));
  t.teardown(async () => {
    await recordings.close();
    sender.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  const tell = (recording: number, message: ToTrackRecording) =>
    recordings.take({ type: 'recording', recording, message });
  /** What was said of a recording, as `type` or `type: reason`. */
  const saidOf = (recording: number) =>
    said.flatMap((each) => (each.type === 'recording' && each.recording === recording ? [each.message] : []));
  for (const [recording, folder] of folders.entries()) {
    await tell(recording, { type: 'open', folder, recordingId: 'room', startedAt: clock.now(), timeOrigin: 0 });
    await tell(recording, { type: 'addTrack', track, stream, reports: [] });
  }
  const portOf = (recording: number, index: number) =>
    saidOf(recording).flatMap((each) => (each.type === 'listening' ? [each.port] : []))[index] ?? 0;
  /** @param index of the track */
  const play = (recording: number, sequenceNumber: number, index = 0) => {
    const { ssrc, payloadType } = stream;
    const packet = { ssrc, payloadType, sequenceNumber, timestamp: sequenceNumber * 960, marker: false, payload };
    sender.send(serializeRtp(packet), portOf(recording, index), '127.0.0.1');
  };
  /** Size of a recording's file. */
  const sizeOf = async (recording: number) => {
    const folder = folders[recording] ?? '';
    const name = (await readdir(folder)).find((each) => each.endsWith('.mkv'));
    return name === undefined ? 0 : (await stat(join(folder, name))).size;
  };
  return { clock, recordings, folders, tell, saidOf, play, sizeOf };
}

type Operation = 'datasync' | 'writev';

/** Files of which an operation does not begin before it is released. */
async function hold(t: Test, operation: Operation) {
  const handle = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(handle) as Record<Operation, (...args: unknown[]) => Promise<unknown>>;
  await handle.close();
  const original = prototype[operation];
  const held: (() => void)[] = [];
  prototype[operation] = async function (this: unknown, ...args: unknown[]) {
    await new Promise<void>((resolve) => held.push(resolve));
    return await original.apply(this, args);
  };
  const release = () => {
    prototype[operation] = original;
    for (const go of held.splice(0)) go();
  };
  t.teardown(release);
  return { held, release };
}

t.test('slow syncs of some recordings leave threads for what is written', async (t) => {
  const { clock, play, sizeOf } = await start(t);
  const all = Array.from({ length: count }, (_, recording) => recording);
  for (const recording of all) play(recording, 1);
  for (const recording of all) await eventually('written', async () => (await sizeOf(recording)) > 0);
  const before = await Promise.all(all.map(sizeOf));
  const { held, release } = await hold(t, 'datasync');
  clock.advance(5000);
  await eventually('some are synced', () => held.length === 4);
  for (const recording of all) play(recording, 2);
  for (const [recording, size] of before.entries()) {
    await eventually('written meanwhile', async () => {
      clock.advance(20);
      return (await sizeOf(recording)) > size;
    });
  }
  t.equal(held.length, 4, 'the others wait');
  release();
});

t.test('a disk that does not respond does not take the threads of other recordings', async (t) => {
  const { clock, tell, saidOf, play, sizeOf, recordings } = await start(t);
  for (const trackId of ['second', 'third', 'fourth'])
    await tell(0, { type: 'addTrack', track: { ...track, trackId }, stream, reports: [] });
  const { held, release } = await hold(t, 'writev');
  for (let index = 0; index < 4; index += 1) play(0, 1, index);
  await eventually('two files are written', () => held.length === 2);
  play(1, 1);
  await eventually('another recording is written', () => held.length === 3);
  for (let time = 0; time < 200; time += 20) clock.advance(20);
  await eventually('no more', () => held.length === 3);
  release();
  await recordings.close();
  t.ok((await sizeOf(1)) > 0);
  t.equal(saidOf(0).filter(({ type }) => type === 'complete').length, 4);
});

t.test('what fails in a recording is reported of that one, and each is closed alone', async (t) => {
  const { folders, tell, saidOf, play, sizeOf, recordings } = await start(t);
  await rm(folders[0] ?? '', { recursive: true });
  for (const recording of [0, 1]) play(recording, 1);
  await eventually('reported', () => saidOf(0).some(({ type }) => type === 'failed'));
  await eventually('another is written', async () => (await sizeOf(1)) > 0);
  await tell(0, { type: 'close' });
  await tell(99, { type: 'close' });
  t.equal(saidOf(0).at(-1)?.type, 'closed');
  t.same(saidOf(99), [{ type: 'closed' }], 'of one that is unknown, too');
  t.notOk(saidOf(1).some(({ type }) => type === 'closed' || type === 'failed'));
  await Promise.all([recordings.close(), recordings.close()]);
  t.equal(saidOf(1).at(-1)?.type, 'complete');
});
