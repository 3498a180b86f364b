import type { FromMediaWorker, ToMediaWorker } from '../../src/recorder/media-message.ts';
import { Program } from './program.ts';

/** A media worker: talks with the server that started it over the channel between them, and ends with it. */

let program: Program | undefined;

function send(message: FromMediaWorker): void {
  // the server may be gone; then `disconnect` ends us
  process.send?.(message, undefined, undefined, () => undefined);
}

async function receive(message: ToMediaWorker): Promise<void> {
  switch (message.type) {
    case 'start':
      program ??= new Program({ settings: message.settings, send, onBroken: () => end(1) });
      program.start();
      return;
    case 'addTrack': {
      const { trackId } = message.track;
      const port = await program?.addTrack(message.track, message.stream);
      if (port !== undefined) send({ type: 'listening', trackId, port });
      return;
    }
    case 'updateTrack':
      return program?.updateTrack(message.track);
    case 'removeTrack':
      return program?.removeTrack(message.trackId);
    case 'stop':
      await program?.stop();
      process.send?.({ type: 'ended' } satisfies FromMediaWorker, undefined, undefined, () => process.exit(0));
  }
}

/** Children that are left are killed as we exit. */
async function end(code: number): Promise<void> {
  await program?.close();
  process.exit(code);
}

// the server decides when we end, also when a terminal interrupts both of us
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => void end(0));
process.on('message', (message) => {
  receive(message as ToMediaWorker).catch((error: Error) => {
    send({ type: 'trouble', sentence: 'Media worker could not obey', fields: { error: error.message } });
  });
});
if (process.connected) send({ type: 'ready' });
else process.exitCode = 1;
