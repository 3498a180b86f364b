import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { offersHttp2 } from './client-hello.ts';

/** How long a client may take to begin the handshake, in ms: as long as Node gives it for all of that. */
const helloTimeout = 120_000;

/**
 * Looks at how TLS connections begin, as nothing can be passed on later. Those that offer HTTP/2 may be taken over, the others (websockets,
 * backends) are the server's.
 * @param server of TLS, with its own listener of connections
 * @param open whether connections are taken at all
 * @param take whether it takes one, which it may give back
 */
export function interceptHandshakes(
  server: EventEmitter,
  open: () => boolean,
  take: (socket: Socket, bytes: Buffer, giveBack: () => void) => boolean,
): void {
  const [accept] = server.listeners('connection');
  if (!accept) throw new Error('The server does not accept connections.');
  server.removeListener('connection', accept as () => void);
  server.prependListener('connection', (socket: Socket) => {
    if (!open()) return accept.call(server, socket);
    whenHelloIsRead(socket, (hello) => {
      const giveBack = () => {
        socket.unshift(hello);
        accept.call(server, socket);
      };
      if (!offersHttp2(hello) || !take(socket, hello, giveBack)) giveBack();
    });
  });
}

function whenHelloIsRead(socket: Socket, next: (hello: Buffer) => void): void {
  let hello = Buffer.alloc(0);
  // Listeners of data are those of HTTP: see limitPipelining.
  const onReadable = () => {
    const bytes: Buffer | null = socket.read();
    hello = Buffer.concat([hello, bytes ?? Buffer.alloc(0)]);
    if (!bytes || offersHttp2(hello) === undefined) return;
    socket.off('readable', onReadable);
    socket.setTimeout(0);
    next(hello);
  };
  socket.on('readable', onReadable);
  socket.on('error', () => socket.destroy());
  socket.setTimeout(helloTimeout);
  socket.once('timeout', () => socket.destroy());
}
