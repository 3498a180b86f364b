import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Maximum number of pending requests of one connection. Browsers, SDKs and proxies wait for each response. */
export const maxPending = 16;
/** Length, in bytes, of what is parsed at once. */
const pieceLength = 1024;

/**
 * Takes over a connection whose next bytes begin a request.
 * @param giveBack returns the connection and the bytes, instead of taking them
 * @returns whether it does; nothing is read from the connection then
 */
export type ConnectionTaker = (socket: Socket, bytes: Buffer, giveBack: () => void) => boolean;

/** What is known of a connection. */
interface Connection {
  pending: number;
  /** Whether a request begins with the next byte. */
  betweenRequests: boolean;
  /** Whether the bytes so far end where the head of a request may. */
  endsHead: boolean;
}

const headEnd = Buffer.from('\r\n\r\n');

/**
 * Closes connections that send many requests at once: thousands of them fit into what is read of a connection at a time, and everybody
 * else would wait meanwhile. Streams of HTTP/2 have limits of their own. To be called when the server has its listeners.
 * @param take asked about each connection between its requests
 */
export function limitPipelining(
  server: Pick<Server, 'listeners' | 'listenerCount' | 'removeAllListeners' | 'on'>,
  take: ConnectionTaker = () => false,
): void {
  const connections = new WeakMap<Socket, Connection>();
  const stateOf = (socket: Socket) => {
    const state = connections.get(socket) ?? { pending: 0, betweenRequests: true, endsHead: false };
    connections.set(socket, state);
    return state;
  };
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket, httpVersionMajor } = request;
    if (httpVersionMajor === 1) {
      if (socket.destroyed) return;
      const state = stateOf(socket);
      state.pending += 1;
      if (state.pending > maxPending) return void socket.destroy();
      // Not before the others had their turn.
      const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers;
      response.once('close', () => setImmediate(() => finish(state, hasBody)));
    }
    for (const listener of listeners) listener.call(server, request, response);
  });
  parseInPieces(server, stateOf, take);
}

/** Counts a response. What is read next begins a request only when nothing was read after one that cannot have a body. */
function finish(state: Connection, hasBody: boolean): void {
  state.pending -= 1;
  state.betweenRequests = !hasBody && state.pending === 0 && state.endsHead;
}

/** Of what a client sends at once, nothing is parsed any more when its connection has been closed meanwhile. */
function parseInPieces(
  server: Pick<Server, 'on' | 'listenerCount'>,
  stateOf: (socket: Socket) => Connection,
  takeOver: ConnectionTaker,
): void {
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
    const state = stateOf(socket);
    const parseAll = (bytes: Buffer) => {
      state.betweenRequests = false;
      state.endsHead = false;
      for (let start = 0; start < bytes.length && !socket.destroyed; start += pieceLength) {
        // A client has to wait until its websocket is open.
        if (!parsing.has(socket)) socket.destroy();
        // It does not read its responses.
        else if (socket.isPaused()) return void socket.unshift(bytes.subarray(start));
        else parse.call(socket, bytes.subarray(start, start + pieceLength));
      }
      state.endsHead = bytes.subarray(-headEnd.length).equals(headEnd);
    };
    const takeData = (bytes: Buffer) => {
      const giveBack = () => {
        socket.resume();
        parseAll(bytes);
      };
      if (state.betweenRequests && takeOver(socket, bytes, giveBack)) socket.pause();
      else parseAll(bytes);
    };
    parsing.set(socket, takeData);
    socket.on('data', takeData);
    socket.removeListener('data', parse as typeof takeData);
  };
  server.on('connection', take);
  server.on('secureConnection', take);
}
