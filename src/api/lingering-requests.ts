import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How long requests may go on when the server stops, in ms. */
const closeTimeout = 2_000;

/** Idle connections close at once; the others are given a moment. A server of HTTP/2 does not know its connections. */
export function closeLingeringRequests(app: FastifyInstance): void {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, closeTimeout);
    done();
  });
  app.addHook('onClose', async () => clearTimeout(timer));
}
