import type { Clock } from '../../src/clock/clock.ts';
import { Interval } from '../../src/clock/interval.ts';
import type { FromTelephony, ToTelephony } from '../../src/component/sip/media/telephony-message.ts';
import { SipError, type SipErrorCode } from '../../src/component/sip/sip-error.ts';
import { MixerMeter } from './mixer-meter.ts';
import { Phone } from './phone.ts';
import { RoomMixer } from './room-mixer.ts';

/** Interval at which counts are sent, in ms. */
const countInterval = 1000;

export interface SwitchboardOptions {
  readonly clock: Clock;
  readonly send: (message: FromTelephony) => void;
  /** @defaultValue {@link Phone.open} */
  readonly openPhone?: typeof Phone.open;
}

interface OpenPhone {
  readonly room: number;
  readonly opening: Promise<Phone | undefined>;
}

type PhoneMessage = Extract<ToTelephony, { readonly phone: number }>;
type RoomMessage<Type extends ToTelephony['type']> = Extract<ToTelephony, { readonly type: Type }>;

/** The rooms and phones of a worker, as the server's messages want them. */
export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #meter = new MixerMeter();
  readonly #rooms = new Map<number, RoomMixer>();
  readonly #phones = new Map<number, OpenPhone>();
  readonly #counting: Interval;
  #closing: Promise<void> | undefined;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    const count = () => this.#send({ type: 'counts', counts: this.#meter.take() });
    this.#counting = new Interval(options.clock, countInterval, count);
  }

  /** Does what a message wants. */
  async take(message: ToTelephony): Promise<void> {
    if (this.#closing) return;
    switch (message.type) {
      case 'openRoom':
        return this.#openRoom(message.room);
      case 'track':
        return await this.#takeTrack(message);
      case 'closeRoom':
        return await this.#closeRoom(message.room);
      case 'openPhone':
        return await this.#openPhone(message);
      case 'stop':
        return await this.close();
      default:
        return await this.#takePhone(message);
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #openRoom(id: number): void {
    if (this.#rooms.has(id)) return;
    const { clock } = this.#options;
    const onError = (error: unknown) => this.#report(id, error);
    this.#rooms.set(id, new RoomMixer({ clock, meter: this.#meter, onError }));
  }

  async #closeRoom(id: number): Promise<void> {
    const room = this.#rooms.get(id);
    this.#rooms.delete(id);
    await room?.close();
  }

  async #takeTrack({ room: id, message }: RoomMessage<'track'>): Promise<void> {
    const room = this.#rooms.get(id);
    if (!room || message.type === 'senderReport') return;
    if (message.type === 'removeTrack') return room.removeTrack(message.trackId);
    const { trackId } = message.track;
    const port = await room.addTrack(trackId, message.stream);
    if (port !== undefined) this.#send({ type: 'track', room: id, message: { type: 'listening', trackId, port } });
  }

  async #openPhone({ phone: id, room, cname, port, listenAddress, ports }: RoomMessage<'openPhone'>): Promise<void> {
    const { clock, openPhone = Phone.open } = this.#options;
    const opening = openPhone({ listenAddress, ports, clock, cname, ...(port !== undefined && { port }) });
    this.#phones.set(id, { room, opening: opening.catch(() => undefined) });
    try {
      const phone = await opening;
      if (!this.#phones.has(id)) return;
      this.#watch(id, phone);
      this.#rooms.get(room)?.addPhone(phone);
      this.#send({ type: 'opened', phone: id, port: phone.port });
    } catch (error) {
      this.#phones.delete(id);
      this.#fail(id, error);
    }
  }

  #watch(id: number, { observer }: Phone): void {
    observer.on('dtmf', (digit) => this.#send({ type: 'digit', phone: id, digit }));
    observer.on('received', () => this.#send({ type: 'received', phone: id }));
    observer.on('silent', () => this.#send({ type: 'silent', phone: id }));
  }

  async #takePhone(message: Exclude<PhoneMessage, { type: 'openPhone' }>): Promise<void> {
    const open = this.#phones.get(message.phone);
    if (message.type === 'closePhone') return await this.#closePhone(message.phone);
    const phone = await open?.opening;
    if (!open || !phone) return;
    switch (message.type) {
      case 'use':
        return phone.use(message.media);
      case 'audible':
        return phone.setAudible(message.audible);
      case 'join':
        return await this.#join(phone, open.room, message);
      case 'dtmf':
        return await this.#sendDtmf(phone, message);
    }
  }

  async #join(phone: Phone, room: number, { phone: id, feed, trackId, from }: RoomMessage<'join'>): Promise<void> {
    this.#rooms.get(room)?.setTrack(phone, trackId);
    try {
      this.#send({ type: 'joined', phone: id, from: await phone.join(feed, from) });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  async #sendDtmf(phone: Phone, { phone: id, request, digits, duration }: RoomMessage<'dtmf'>): Promise<void> {
    try {
      await phone.sendDtmf(digits, duration);
      this.#send({ type: 'dtmfEnded', phone: id, request });
    } catch (error) {
      this.#send({ type: 'dtmfEnded', phone: id, request, code: codeOf(error) });
    }
  }

  async #closePhone(id: number): Promise<void> {
    const open = this.#phones.get(id);
    this.#phones.delete(id);
    const phone = await open?.opening;
    if (open && phone) this.#rooms.get(open.room)?.removePhone(phone);
    await phone?.close();
    this.#send({ type: 'closed', phone: id });
  }

  #fail(phone: number, error: unknown): void {
    this.#send({ type: 'failed', phone, code: codeOf(error), reason: String(error) });
  }

  #report(room: number, error: unknown): void {
    const fields = { reason: String(error) };
    this.#send({
      type: 'track',
      room,
      message: { type: 'trouble', sentence: 'A phone could not be played to.', fields },
    });
  }

  #send(message: FromTelephony): void {
    this.#options.send(message);
  }

  async #close(): Promise<void> {
    await this.#counting.close();
    await Promise.all([...this.#phones.keys()].map((id) => this.#closePhone(id)));
    await Promise.all([...this.#rooms.keys()].map((id) => this.#closeRoom(id)));
    this.#send({ type: 'ended' });
  }
}

/** Anything but an error of SIP means that a port could not be used. */
function codeOf(error: unknown): SipErrorCode {
  return error instanceof SipError ? error.code : 'no_port';
}
