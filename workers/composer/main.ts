import { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { frameMessage, MessageReader, messageOutput } from '../../src/process/message-framing.ts';
import type { FromComposer, ToComposer } from '../../src/program/composer-message.ts';
import { Program } from './program.ts';

/** A media worker: talks with the server that started it as message-framing.ts says, and ends with it. */

// packets and pictures pass quickly through little memory: without this all of it is searched for garbage more than once a second
setFlagsFromString('--heap-growing-percent=300');

let program: Program | undefined;

// a file stream would take each message through the thread pool
const output = new Socket({ fd: messageOutput, readable: false });
// the server may be gone; then the end of our input ends us
output.on('error', () => undefined);

function send(message: FromComposer): void {
  output.write(frameMessage(message));
}

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
    case 'updateTrack':
      return program?.updateTrack(message.track);
    case 'removeTrack':
      return program?.removeTrack(message.trackId);
    case 'stop':
      await program?.stop();
      send({ type: 'ended' });
      output.end(() => process.exit(0));
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
process.stdin.once('end', () => void end(0));
process.stdin.once('error', () => void end(0));
const reader = new MessageReader<ToComposer>((message) => {
  receive(message).catch((error: Error) => {
    send({ type: 'trouble', sentence: 'Media worker could not obey', fields: { error: error.message } });
  });
});
process.stdin.on('data', (chunk: Buffer) => reader.push(chunk));
send({ type: 'ready' });
