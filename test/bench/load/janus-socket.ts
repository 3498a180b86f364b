import { EventEmitter, once } from 'node:events';
import { WebSocket } from 'ws';
import type { Cleanup } from './cleanup.ts';

type Message = Record<string, unknown>;

/** An offer or an answer. */
export interface Jsep {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** Requests to Janus over its websocket, each with its answer. */
export class JanusSocket {
  readonly #socket: WebSocket;
  readonly #fields: Message;
  readonly #waiting = new Map<string, (message: Message) => void>();
  /** `up`: the media of this handle flows. */
  readonly observer = new EventEmitter<{ up: [handleId: number] }>();
  #transactions = 0;

  private constructor(socket: WebSocket, fields: Message) {
    this.#socket = socket;
    this.#fields = fields;
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as Message;
      if (message['janus'] === 'webrtcup') this.observer.emit('up', Number(message['sender']));
      // What a plugin has to say comes later, under the same transaction.
      if (message['janus'] !== 'ack') this.#waiting.get(String(message['transaction']))?.(message);
    });
  }

  /** @param fields in every request */
  static async open(cleanup: Cleanup, url: string, protocol: string, fields: Message = {}): Promise<JanusSocket> {
    const socket = new WebSocket(url, protocol);
    await once(socket, 'open');
    cleanup.teardown(() => socket.terminate());
    return new JanusSocket(socket, fields);
  }

  /** @throws with what Janus says when it refuses */
  async request(message: Message): Promise<Message> {
    const transaction = String(this.#transactions++);
    const answered = new Promise<Message>((resolve) => this.#waiting.set(transaction, resolve));
    this.#socket.send(JSON.stringify({ ...message, ...this.#fields, transaction }));
    const answer = await answered;
    this.#waiting.delete(transaction);
    const failure =
      answer['error'] ?? (answer['plugindata'] as { data?: { error?: unknown } } | undefined)?.data?.error;
    if (failure !== undefined) throw new Error(`Janus refused ${message['janus']}: ${JSON.stringify(failure)}`);
    return answer;
  }
}
