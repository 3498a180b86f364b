// Every five seconds all that is written is forced to the disk: a loss of power costs no more.
import { createSocket } from 'node:dgram';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PQueue from 'p-queue';
import t, { type Test } from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import type { FromTrackRecording } from '../../../src/component/recording/track-recorder-message.ts';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { BatchTimer } from '../../../workers/track-recorder/batch-timer.ts';
import { TrackRecording } from '../../../workers/track-recorder/track-recording.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { eventually } from '../../eventually.ts';
import { packetTimes } from '../../recorded-media.ts';
import { watchSyncs } from '../../storage/watched-syncs.ts';

const stream = { mimeType: 'audio/opus', payloadType: 100, ssrc: 7 } as const;
/** One frame of 20 ms of silence (RFC 6716 section 3.1). */
const payload = Buffer.alloc(50, 0xfc);

async function start(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-power-'));
  const clock = new HeldClock(1_700_000_000_000);
  const said: FromTrackRecording[] = [];
  const send = (message: FromTrackRecording) => said.push(message);
  const startedAt = clock.now();
  const shared = { clock, batchTimer: new BatchTimer(clock), syncs: new PQueue() };
  const recording = await TrackRecording.open({
    folder,
    recordingId: 'room',
    startedAt,
    timeOrigin: 0,
    ...shared,
    send,
  });
  const sender = createSocket('udp4');
  t.teardown(async () => {
    await recording.close();
    sender.close();
    await rm(folder, { recursive: true, force: true });
  });
  const track = { trackId: 'track', kind: 'audio', origin: 'peer', metadata: null, offset: 0 } as const;
  await recording.addTrack({ track, stream, reports: [] });
  const port = said.flatMap((message) => (message.type === 'listening' ? [message.port] : []))[0] ?? 0;
  let sequenceNumber = 0;
  /** Sends frames, and waits until they are written. @returns the file */
  const play = async (frames: number) => {
    for (let frame = 0; frame < frames; frame += 1) {
      sequenceNumber += 1;
      const { ssrc, payloadType } = stream;
      const timestamp = sequenceNumber * 960;
      sender.send(
        serializeRtp({ ssrc, payloadType, sequenceNumber, timestamp, marker: false, payload }),
        port,
        '127.0.0.1',
      );
    }
    const path = async () => join(folder, (await readdir(folder)).find((name) => name.endsWith('.mkv')) ?? '');
    await eventually('written', async () => {
      // what waits for more is written then
      clock.advance(20);
      return (await packetTimes(await path())).length === sequenceNumber;
    });
    return await path();
  };
  return { folder, clock, startedAt, recording, play };
}

t.test('a recording survives a power loss', async (t) => {
  const { folder, clock, startedAt, recording, play } = await start(t);
  const path = await play(10);
  const kept = await watchSyncs(t, path);
  clock.advance(startedAt + 4999 - clock.now());
  t.equal(kept.length, 0);
  clock.advance(1);
  await eventually('forced to the disk', () => kept.length === 1);
  const told = async () => (await readReport(folder))?.tracks;
  await eventually('reported', async () => Object.values((await told()) ?? {})[0]?.end_timestamp === 9600);
  await play(5);
  await eventually('waiting for the next time', () => clock.pending > 0);
  clock.advance(5000);
  await eventually('again', () => kept.length === 2);
  await play(5);
  await recording.close();
  t.equal(kept.length, 3, 'and at the end');
  const copy = join(folder, 'copy.mkv');
  for (const [index, frames] of [10, 15, 20].entries()) {
    await writeFile(copy, (await readFile(path)).subarray(0, kept[index]));
    t.equal((await packetTimes(copy)).length, frames);
  }
});
