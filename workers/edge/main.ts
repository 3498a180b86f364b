// An edge: serves viewers of HLS from copies of the streams. Messages: src/process/message-framing.ts; connections come on Node's own
// channel between processes.

import type { Socket } from 'node:net';
import { systemClock } from '../../src/clock/clock.ts';
import { type FromEdge, type ToEdge, taken } from '../../src/edge/edge-message.ts';
import { WorkerChannel } from '../../src/process/worker-channel.ts';
import { EdgeServer } from './edge-server.ts';

/** Interval, in ms, at which the server is told what was done. */
const countsInterval = 1000;

let server: EdgeServer | undefined;
let ending: Promise<void> | undefined;

function take(message: ToEdge): void {
  if (message.type === 'start') server = new EdgeServer(message.settings, systemClock);
  else if (message.type === 'copy') server?.copy(message);
  else if (message.type === 'update') server?.update(message);
  else if (message.type === 'withdraw') server?.withdraw(message.id, message.roomId);
  else if (message.type === 'remove') server?.remove(message.id);
  else if (message.type === 'serve') channel.send({ type: 'serving' });
  else void exit();
}

async function finish(): Promise<void> {
  await server?.close();
  await channel.close();
  process.exit(0);
}

function exit(): Promise<void> {
  ending ??= finish();
  return ending;
}

const channel = new WorkerChannel<ToEdge, FromEdge>({
  onMessage: take,
  onError: (error) => {
    throw error;
  },
  onEnd: () => process.exit(0),
});
process.on('message', (bytes: string, socket: Socket | undefined) => {
  process.send?.(taken);
  // The client may have left on the way.
  if (socket) server?.accept(socket, Buffer.from(bytes, 'latin1'));
});
process.once('SIGTERM', exit);
setInterval(() => {
  if (server && !ending) channel.send({ type: 'counts', ...server.takeCounts() });
}, countsInterval);
channel.send({ type: 'ready' });
