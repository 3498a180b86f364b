// The track recorder: writes the tracks of rooms to files as they come. Messages: src/process/message-framing.ts.

import type { FromTrackRecorder, ToTrackRecorder } from '../../src/component/recording/track-recorder-message.ts';
import { WorkerChannel } from '../../src/process/worker-channel.ts';
import { monotonicClock } from '../composer/monotonic-clock.ts';
import { TrackRecordings } from './track-recordings.ts';

/** Threads that write. A recording takes four at most, so that some whose disks do not respond leave enough for the others. */
const threads = 16;
// read when the first of them is needed
process.env.UV_THREADPOOL_SIZE = String(threads);

const send = (message: FromTrackRecorder) => channel.send(message);
const recordings = new TrackRecordings({ clock: monotonicClock, send });

/** Completes the files after a signal or the end of the server. */
async function exit(): Promise<void> {
  await recordings.close();
  await channel.close();
  process.exit(0);
}

const channel = new WorkerChannel<ToTrackRecorder, FromTrackRecorder>({
  onMessage: (message) => recordings.take(message),
  // Each recording reports its own errors.
  onError: (error) => {
    throw error;
  },
  onEnd: exit,
});
// Exceeding the file size limit is a write error and must not end the process.
process.on('SIGXFSZ', () => undefined);
process.once('SIGTERM', exit);
process.once('SIGINT', exit);
send({ type: 'ready' });
