// The recorder worker: writes the tracks of one room to files as they come. Messages: src/recorder/message-framing.ts.

import { createWriteStream } from 'node:fs';
import { frameMessage, MessageReader, messageOutput } from '../../src/recorder/message-framing.ts';
import type { FromRecorderWorker, ToRecorderWorker } from '../../src/recorder/recorder-message.ts';
import { monotonicClock } from '../media/monotonic-clock.ts';
import { RawRecording } from './raw-recording.ts';

const output = createWriteStream('', { fd: messageOutput });
// The server is gone: what there is, is finished all the same.
output.on('error', () => undefined);
const send = (message: FromRecorderWorker) => void output.write(frameMessage(message));

let recording: Promise<RawRecording> | undefined;
let ending: Promise<void> | undefined;

async function take(message: ToRecorderWorker): Promise<void> {
  if (message.type === 'stop') return await end();
  if (message.type === 'start') {
    const { folder, recordingId, startedAt } = message;
    recording ??= RawRecording.open({ folder, recordingId, startedAt, clock: monotonicClock, send });
    return;
  }
  const open = await recording;
  if (message.type === 'addTrack') await open?.addTrack(message.track, message.stream);
  else open?.removeTrack(message.trackId);
}

/** Whatever asks for it: the server, a signal, or the server's end. */
function end(): Promise<void> {
  ending ??= (async () => {
    await (await recording)?.close();
    send({ type: 'ended' });
    await new Promise((resolve) => output.end(resolve));
    process.exit(0);
  })();
  return ending;
}

const reader = new MessageReader<ToRecorderWorker>((message) => {
  take(message).catch((error: Error) => {
    send({ type: 'failed', reason: error.message });
  });
});
process.stdin.on('data', (chunk: Buffer) => reader.push(chunk));
process.stdin.once('end', end);
process.stdin.once('error', end);
process.once('SIGTERM', end);
process.once('SIGINT', end);
send({ type: 'ready' });
