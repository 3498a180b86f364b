import { SipError } from '../../src/component/sip/sip-error.ts';
import { eventOf, writeTelephoneEvent } from '../../src/media/rtp/telephone-event.ts';

/** A packet of an event. */
export interface KeyPacket {
  readonly payload: Buffer;
  /** Whether it is the first of its event: its timestamp is that of this tick. */
  readonly begins: boolean;
  /** How much later its timestamp is than that of the first, in ticks of telephone-event. */
  readonly offset: number;
}

interface Key {
  readonly event: number;
  /** In ms. */
  readonly duration: number;
  /** Set on the last one of a request. */
  readonly done?: () => void;
  readonly fail?: (error: SipError) => void;
}

/** Length of a tick, in ms. */
const tick = 20;
/** The end of an event is sent so often (RFC 4733 section 2.5.1.4). */
const ends = 3;
/** Ticks without packets after it: the pause between two keys is 80 ms. */
const rest = 2;
/** Maximum number of keys that wait: on hold none is sent. */
const maxKeys = 256;
/** Maximum duration that one packet can tell, in ticks of its clock. */
const maxDuration = 0xffff;
/** Power level: -10 dBm0. */
const volume = 10;

/** Sends keys one after the other as events (RFC 4733 section 2.5.1): a packet per tick of 20 ms. */
export class KeySender {
  readonly #keys: Key[] = [];
  #clockRate: number;
  /** Of the first key: time since it began, in ms. */
  #elapsed = 0;
  /** Ticks since its end. */
  #over = 0;
  /** Where the present part of a long event began, in ticks of the clock. */
  #part = 0;

  /** @param clockRate of telephone-event, in Hz */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Whether there is something to send: {@link next} is to be called, in place of audio. */
  get active(): boolean {
    return this.#keys.length > 0;
  }

  /** To be called between two ticks. */
  use(clockRate: number): void {
    this.#clockRate = clockRate;
  }

  /**
   * @param digits of `0-9*#ABCD`; others are left out @param duration of each, in ms
   * @returns when the last has been sent @throws SipError that it was cancelled with; failed when too many wait
   */
  async send(digits: string, duration: number): Promise<void> {
    const events = Array.from(digits, eventOf).filter((event) => event !== undefined);
    const last = events.pop();
    if (last === undefined) return;
    if (this.#keys.length + events.length >= maxKeys) throw new SipError('failed', 'Too many keys wait to be sent');
    this.#keys.push(...events.map((event) => ({ event, duration })));
    await new Promise<void>((done, fail) => this.#keys.push({ event: last, duration, done, fail }));
  }

  /** Gives up what has not been sent. */
  cancel(error: SipError): void {
    for (const { fail } of this.#keys.splice(0)) fail?.(error);
    this.#begin();
  }

  /** The packets of this tick. */
  next(): KeyPacket[] {
    const [key] = this.#keys;
    if (!key) return [];
    if (this.#elapsed < key.duration) return this.#press(key);
    this.#over += 1;
    if (this.#over < ends) {
      if (this.#over === ends - 1) key.done?.();
      return [this.#packet(key, true)];
    }
    if (this.#over === ends + rest - 1) {
      this.#keys.shift();
      this.#begin();
    }
    return [];
  }

  #begin(): void {
    [this.#elapsed, this.#over, this.#part] = [0, 0, 0];
  }

  #press(key: Key): KeyPacket[] {
    const begins = this.#elapsed === 0;
    this.#elapsed = Math.min(this.#elapsed + tick, key.duration);
    const packets: KeyPacket[] = [];
    if (this.#total - this.#part > maxDuration) {
      // an event that is longer than a packet can tell has several parts (RFC 4733 section 2.5.1.3)
      packets.push({ payload: payloadOf(key, false, maxDuration), begins: false, offset: this.#part });
      this.#part += maxDuration;
    }
    packets.push({ ...this.#packet(key, this.#elapsed === key.duration), begins });
    return packets;
  }

  /** Duration so far, in ticks of the clock. */
  get #total(): number {
    return Math.round((this.#elapsed * this.#clockRate) / 1000);
  }

  #packet(key: Key, end: boolean): KeyPacket {
    return { payload: payloadOf(key, end, this.#total - this.#part), begins: false, offset: this.#part };
  }
}

function payloadOf({ event }: Key, end: boolean, duration: number): Buffer {
  return writeTelephoneEvent({ event, end, volume, duration });
}
