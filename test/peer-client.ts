import { once } from 'node:events';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { PeerMessageSchema } from '../src/protobuf/peer_notifications_pb.js';

type Content = NonNullable<MessageInitShape<typeof PeerMessageSchema>['content']>;

/** A media event of the server, unwrapped. */
export interface MediaEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said; the assertions look into it
  readonly data: any;
}

/** The older generation of clients, as bare as a hostile one: it sends what it is told to. */
export class PeerClient {
  readonly socket: WebSocket;
  /** Everything that came, in order. */
  readonly contents: { readonly case: string | undefined }[] = [];
  readonly events: MediaEvent[] = [];
  /** Sent so far. */
  #offers = 0;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  static async open(t: Pick<Test, 'teardown'>, host: string): Promise<PeerClient> {
    const socket = new WebSocket(`ws://${host}/socket/peer/websocket`);
    t.teardown(() => socket.terminate());
    const client = new PeerClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** Opens, authenticates and says `connect`. */
  static async join(
    t: Pick<Test, 'teardown'>,
    host: string,
    token: string,
    metadata: unknown = null,
  ): Promise<PeerClient> {
    const client = await PeerClient.open(t, host);
    await client.connect(token, metadata);
    return client;
  }

  /** Authenticates and says `connect`. @throws when the server closes instead */
  async connect(token: string, metadata: unknown = null): Promise<void> {
    await this.authenticate(token);
    this.event('connect', { metadata });
    await this.saw('connected');
  }

  async authenticate(token: string): Promise<void> {
    this.send({ case: 'authRequest', value: { token } });
    while (this.contents.length === 0) await this.#next();
  }

  send(content: Content): void {
    this.socket.send(toBinary(PeerMessageSchema, create(PeerMessageSchema, { content })));
  }

  /** Sends the text of a media event, JSON or not. */
  eventText(data: string): void {
    this.send({ case: 'mediaEvent', value: { data } });
  }

  event(type: string, data?: unknown): void {
    this.eventText(JSON.stringify({ type, data }));
  }

  custom(type: string, data?: unknown): void {
    this.event('custom', { type, data });
  }

  /** Waits for the `count`th event of a type. @throws when the socket closes instead */
  async saw(type: string, count = 1): Promise<MediaEvent> {
    const found = () => this.events.filter((event) => event.type === type)[count - 1];
    for (let event = found(); ; event = found()) {
      if (event) return event;
      await this.#next();
    }
  }

  /** Everything sent before has been received and handled. */
  async settle(): Promise<void> {
    const answered = once(this.socket, 'pong');
    this.socket.ping();
    await Promise.race([answered, this.closed]);
  }

  /** One round of negotiation. @returns the answer */
  async negotiate(offer: string, midToTrackId: Record<string, string> = {}, metadata: Record<string, unknown> = {}) {
    const answers = this.events.filter(({ type }) => type === 'sdpAnswer').length;
    // The server may already wait for an offer.
    if (this.#offers === this.events.filter(({ type }) => type === 'offerData').length) {
      this.custom('renegotiateTracks');
      await this.saw('offerData', this.#offers + 1);
    }
    this.offer(offer, midToTrackId, metadata);
    return await this.saw('sdpAnswer', answers + 1);
  }

  offer(
    sdp: string,
    midToTrackId: Record<string, string> = {},
    trackIdToTrackMetadata: Record<string, unknown> = {},
  ): void {
    this.#offers += 1;
    this.custom('sdpOffer', { sdpOffer: { type: 'offer', sdp }, midToTrackId, trackIdToTrackMetadata });
  }

  #receive(bytes: Buffer): void {
    const { content } = fromBinary(PeerMessageSchema, bytes);
    this.contents.push({ case: content.case });
    if (content.case !== 'mediaEvent') return;
    const event = JSON.parse(content.value.data) as MediaEvent;
    this.events.push(event.type === 'custom' ? event.data : event);
  }

  async #next(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`Closed: ${JSON.stringify(await this.closed)}`);
    await Promise.race([once(this.socket, 'message'), this.closed]);
  }
}
