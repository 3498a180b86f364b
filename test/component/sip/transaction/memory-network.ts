import { EventEmitter } from 'node:events';
import type { Clock } from '../../../../src/clock/clock.ts';
import { parseDatagram } from '../../../../src/component/sip/message/parse-message.ts';
import { writeMessage } from '../../../../src/component/sip/message/write-message.ts';
import type { Hop } from '../../../../src/component/sip/transport/hop.ts';
import type { SipTransport, SipTransportEvents } from '../../../../src/component/sip/transport/sip-transport.ts';
import { seededRandom } from '../../../seeded-random.ts';

/** Round trips take twice this, in ms. */
const latency = 20;

/** Datagrams between transports that are none: by a test's clock, and lost by a seed. */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #loss: number;
  readonly #transports = new Map<number, SipTransport>();

  /** @param loss share of the datagrams, from 0 to 1 */
  constructor(clock: Clock, loss: number, seed: number) {
    this.#clock = clock;
    this.#loss = loss;
    this.#random = seededRandom(seed);
  }

  open(): { transport: SipTransport; hop: Hop } {
    const hop: Hop = { protocol: 'udp', address: '192.0.2.1', port: 10_000 + this.#transports.size };
    const observer = new EventEmitter<SipTransportEvents>();
    const transport: SipTransport = {
      observer,
      sentBy: () => `${hop.address}:${hop.port}`,
      send: async (message, to) => {
        const data = writeMessage(message);
        if (this.#random() < this.#loss) return;
        this.#clock.schedule(latency, () => {
          const received = parseDatagram(data);
          if (received) this.#transports.get(to.port)?.observer.emit('message', received, hop);
        });
      },
    };
    this.#transports.set(hop.port, transport);
    return { transport, hop };
  }
}
