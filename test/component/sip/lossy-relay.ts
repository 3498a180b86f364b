import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';
import { seededRandom } from '../../seeded-random.ts';

export interface LossyRelayOptions {
  /** It receives here, on 127.0.0.1. */
  readonly port: number;
  /** It forwards to this port of 127.0.0.1. */
  readonly target: number;
  readonly seed?: number;
}

/** A UDP relay in front of a server that loses datagrams both ways. Each client has a port of its own towards the server, as behind a NAT. */
export class LossyRelay {
  /** Share of the datagrams that are lost in each direction, from 0 to 1. */
  loss = 0;
  /** Datagrams that were lost. */
  lost = 0;
  /** Datagrams that went through. */
  forwarded = 0;
  readonly #options: LossyRelayOptions;
  readonly #random: () => number;
  readonly #front = createSocket('udp4');
  readonly #legs = new Map<number, Promise<Socket>>();

  private constructor(options: LossyRelayOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
  }

  static async open(t: Pick<Test, 'teardown'>, options: LossyRelayOptions): Promise<LossyRelay> {
    const relay = new LossyRelay(options);
    t.teardown(() => relay.#close());
    relay.#front.on('message', (data, { port }) => void relay.#up(data, port));
    relay.#front.bind(options.port, '127.0.0.1');
    await once(relay.#front, 'listening');
    return relay;
  }

  async #up(data: Buffer, client: number): Promise<void> {
    const leg = await this.#leg(client);
    if (this.#passes()) leg.send(data, this.#options.target, '127.0.0.1');
  }

  #leg(client: number): Promise<Socket> {
    const known = this.#legs.get(client);
    if (known) return known;
    const opening = this.#openLeg(client);
    this.#legs.set(client, opening);
    return opening;
  }

  async #openLeg(client: number): Promise<Socket> {
    const leg = createSocket('udp4');
    leg.on('message', (data) => {
      if (this.#passes()) this.#front.send(data, client, '127.0.0.1');
    });
    leg.bind(0, '127.0.0.1');
    await once(leg, 'listening');
    return leg;
  }

  #passes(): boolean {
    const passes = this.#random() >= this.loss;
    if (passes) this.forwarded += 1;
    else this.lost += 1;
    return passes;
  }

  async #close(): Promise<void> {
    const legs = await Promise.all(this.#legs.values());
    await Promise.all([this.#front, ...legs].map((socket) => new Promise<void>((done) => socket.close(() => done()))));
  }
}
