import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Maximum number of pending requests of one connection. Browsers, SDKs and proxies wait for each response. */
export const maxPending = 16;
/** Length, in bytes, of what is parsed at once. */
const pieceLength = 1024;

/**
 * Closes connections that send many requests at once: thousands of them fit into what is read of a connection at a time, and everybody
 * else would wait meanwhile. Streams of HTTP/2 have limits of their own. To be called when the server has its listeners.
 */
export function limitPipelining(
  server: Pick<Server, 'listeners' | 'listenerCount' | 'removeAllListeners' | 'on'>,
): void {
  const pending = new WeakMap<Socket, number>();
  const count = (socket: Socket, change: number) => {
    const counted = (pending.get(socket) ?? 0) + change;
    pending.set(socket, counted);
    return counted;
  };
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket, httpVersionMajor } = request;
    if (httpVersionMajor === 1) {
      if (socket.destroyed) return;
      if (count(socket, 1) > maxPending) return socket.destroy();
      // Not before the others had their turn.
      response.once('close', () => setImmediate(() => count(socket, -1)));
    }
    for (const listener of listeners) listener.call(server, request, response);
  });
  parseInPieces(server);
}

/** Of what a client sends at once, nothing is parsed any more when its connection has been closed meanwhile. */
function parseInPieces(server: Pick<Server, 'on' | 'listenerCount'>): void {
  /** By connection that is not a websocket. */
  const parsing = new WeakMap<Socket, (bytes: Buffer) => void>();
  let upgrades = false;
  const take = (socket: Socket) => {
    const [parse] = socket.listeners('data');
    if (!parse) return;
    // A server that nobody has asked for upgrades must not seem to offer them.
    if (!upgrades && server.listenerCount('upgrade') > 0) {
      upgrades = true;
      server.on('upgrade', (_request: IncomingMessage, opened: Socket) => {
        opened.removeListener('data', parsing.get(opened) ?? (() => undefined));
        parsing.delete(opened);
      });
    }
    const takeData = (bytes: Buffer) => {
      for (let start = 0; start < bytes.length && !socket.destroyed; start += pieceLength) {
        // A client has to wait until its websocket is open.
        if (!parsing.has(socket)) socket.destroy();
        // It does not read its responses.
        else if (socket.isPaused()) return void socket.unshift(bytes.subarray(start));
        else parse.call(socket, bytes.subarray(start, start + pieceLength));
      }
    };
    parsing.set(socket, takeData);
    socket.on('data', takeData);
    socket.removeListener('data', parse as typeof takeData);
  };
  server.on('connection', take);
  server.on('secureConnection', take);
}
