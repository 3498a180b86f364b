import { once } from 'node:events';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { WebSocket } from 'ws';
import { PeerMessageSchema } from '../../../src/protobuf/peer_notifications_pb.js';

/** A client of the JSON generation as far as `connected`, without media. */
export class PeerClient {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Opens the websocket and says nothing yet. */
  static async open(host: string): Promise<PeerClient> {
    const socket = new WebSocket(`ws://${host}/socket/peer/websocket`, { perMessageDeflate: false });
    await once(socket, 'open');
    return new PeerClient(socket);
  }

  /** Authenticates and joins; resolves with the server's `connected`. @throws when the server closes instead */
  async join(token: string): Promise<void> {
    const socket = this.#socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('close', (code, reason) => reject(new Error(`The server closed with ${code} ${reason}.`)));
      socket.on('message', (frame: Buffer) => {
        const { content } = fromBinary(PeerMessageSchema, frame);
        if (content.case === 'authenticated') socket.send(connect);
        if (content.case === 'mediaEvent' && content.value.data.startsWith('{"type":"connected"')) resolve();
      });
      socket.send(frameOf({ case: 'authRequest', value: { token } }));
    });
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

const connect = frameOf({
  case: 'mediaEvent',
  value: { data: JSON.stringify({ type: 'connect', data: { metadata: { name: 'bench' } } }) },
});

function frameOf(
  content: { case: 'authRequest'; value: { token: string } } | { case: 'mediaEvent'; value: { data: string } },
) {
  return toBinary(PeerMessageSchema, create(PeerMessageSchema, { content }));
}
