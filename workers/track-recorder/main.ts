// The track recorder: writes the tracks of one room to files as they come. Messages: src/process/message-framing.ts.

import type { FromTrackRecorder, ToTrackRecorder } from '../../src/component/recording/track-recorder-message.ts';
import { WorkerChannel } from '../../src/process/worker-channel.ts';
import { monotonicClock } from '../composer/monotonic-clock.ts';
import { TrackRecording } from './track-recording.ts';

const send = (message: FromTrackRecorder) => channel.send(message);

let recording: Promise<TrackRecording> | undefined;
let ending: Promise<void> | undefined;

async function take(message: ToTrackRecorder): Promise<void> {
  if (message.type === 'stop') return await end();
  if (message.type === 'start') {
    const { folder, recordingId, startedAt } = message;
    recording ??= TrackRecording.open({ folder, recordingId, startedAt, clock: monotonicClock, send });
    return;
  }
  const open = await recording;
  if (message.type === 'addTrack') await open?.addTrack(message);
  else if (message.type === 'senderReport') open?.report(message.trackId, message.report);
  else open?.removeTrack(message.trackId);
}

function end(): Promise<void> {
  ending ??= (async () => {
    await (await recording)?.close();
    send({ type: 'ended' });
  })();
  return ending;
}

/** Finishes the files after a signal or the end of the server. */
async function exit(): Promise<void> {
  await end();
  await channel.close();
  process.exit(0);
}

const channel = new WorkerChannel<ToTrackRecorder, FromTrackRecorder>({
  onMessage: take,
  onError: ({ message }) => send({ type: 'failed', reason: message }),
  onEnd: exit,
});
// Exceeding the file size limit is a write error and must not end the process.
process.on('SIGXFSZ', () => undefined);
process.once('SIGTERM', exit);
process.once('SIGINT', exit);
send({ type: 'ready' });
