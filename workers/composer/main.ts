import { setFlagsFromString } from 'node:v8';
import { WorkerChannel } from '../../src/process/worker-channel.ts';
import type { FromComposer, ToComposer } from '../../src/program/composer-message.ts';
import { Program } from './program.ts';

/** The composer of a room. It exchanges messages (message-framing.ts) with the server that started it, and ends with it. */

// packets and frames are short-lived: without a larger young generation there would be more than one full garbage collection per second
setFlagsFromString('--heap-growing-percent=300');

let program: Program | undefined;

const send = (message: FromComposer) => channel.send(message);

async function receive(message: ToComposer): Promise<void> {
  switch (message.type) {
    case 'start':
      program ??= new Program({ settings: message.settings, send, onBroken: () => end(1) });
      program.start();
      return;
    case 'addTrack': {
      const { trackId } = message.track;
      const port = await program?.addTrack(message);
      if (port !== undefined) send({ type: 'listening', trackId, port });
      return;
    }
    case 'senderReport':
      return program?.report(message.trackId, message.report);
    case 'passthrough':
      return program?.limitPassthrough(message.limits);
    case 'updateTrack':
      return program?.updateTrack(message.track);
    case 'removeTrack':
      return program?.removeTrack(message.trackId);
    case 'stop':
      await program?.stop();
      send({ type: 'ended' });
      await channel.close();
      process.exit(0);
  }
}

/** Remaining children are killed at exit. */
async function end(code: number): Promise<void> {
  await program?.close();
  process.exit(code);
}

// the server decides when the composer ends, also after Ctrl-C in a terminal, which reaches both
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
const channel = new WorkerChannel<ToComposer, FromComposer>({
  onMessage: receive,
  onError: ({ message }) =>
    send({ type: 'trouble', sentence: 'The composer could not process a message.', fields: { error: message } }),
  onEnd: () => void end(0),
});
send({ type: 'ready' });
