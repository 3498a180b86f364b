import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../clock/clock.ts';
import type { Logger } from '../../../log/logger.ts';
import { WorkerProcess } from '../../../process/worker-process.ts';
import type { Room } from '../../../room/room.ts';
import type { RoomRouter } from '../../../sfu/room-router.ts';
import { SipError } from '../sip-error.ts';
import type { MixerCounts } from './mixer-counts.ts';
import { RoomAudio } from './room-audio.ts';
import type { FromTelephony, PhonePorts, ToTelephony } from './telephony-message.ts';
import { WorkerPhone } from './worker-phone.ts';

const program = fileURLToPath(new URL('../../../../workers/telephony/main.ts', import.meta.url));

export interface TelephonyWorkerOptions extends PhonePorts {
  /** Memory above which it is replaced, in bytes. Default: no limit. */
  readonly maxMemory?: number | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface OpenRoom {
  readonly id: number;
  readonly audio: RoomAudio;
  /** Numbers of its phones. */
  readonly phones: Set<number>;
}

/** A process that mixes rooms for phones. One that is lost is replaced, and gets its rooms and phones again. */
export class TelephonyWorker {
  /** `counts`: what is new. `failed`: no process can be started. */
  readonly observer = new EventEmitter<{ counts: [MixerCounts]; failed: [] }>();
  readonly #options: TelephonyWorkerOptions;
  readonly #worker: WorkerProcess<ToTelephony, FromTelephony>;
  readonly #rooms = new Map<Room<RoomRouter>, OpenRoom>();
  readonly #phones = new Map<number, WorkerPhone>();
  #numbers = 0;
  #ready = false;
  #closing: Promise<void> | undefined;

  constructor(options: TelephonyWorkerOptions) {
    this.#options = options;
    const { maxMemory, logger, clock } = options;
    this.#worker = new WorkerProcess({
      ...{ name: 'telephony worker', program, stop: { type: 'stop' }, logger, clock, maxMemory },
    });
    this.#worker.observer.on('message', (message) => this.#take(message));
    this.#worker.observer.on('lost', (loss) => {
      logger.warn(loss, 'A telephony worker is replaced; its calls are silent until the new one is ready.');
      this.#lose();
    });
    this.#worker.observer.on('failed', (error) => this.#fail(new SipError('closed', error.message)));
  }

  /** For tests that kill it. */
  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** Number of phones. */
  get load(): number {
    return this.#phones.size;
  }

  has(room: Room<RoomRouter>): boolean {
    return this.#rooms.has(room);
  }

  /** Opens a phone in a room. @throws SipError no_port, closed */
  async open(room: Room<RoomRouter>): Promise<WorkerPhone> {
    const open = this.#roomOf(room);
    const phone = this.#addPhone(room, open);
    if (this.#ready) phone.introduce();
    try {
      await phone.opened();
      return phone;
    } catch (error) {
      await phone.close();
      throw error;
    }
  }

  /** Shortens the time to finish: the server stops. */
  hurry(): void {
    this.#worker.hurry();
  }

  /** Ends its phones, too. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #addPhone(room: Room<RoomRouter>, { id, phones }: OpenRoom): WorkerPhone {
    this.#numbers += 1;
    const { listenAddress, ports, clock } = this.#options;
    const phone: WorkerPhone = new WorkerPhone({
      ...{ id: this.#numbers, room: id, cname: `phone-${this.#numbers}`, listenAddress, ports, clock },
      send: (message) => this.#worker.send(message),
      onClosing: () => this.#remove(room, phone),
      onClosed: () => this.#phones.delete(phone.id),
    });
    phones.add(phone.id);
    this.#phones.set(phone.id, phone);
    return phone;
  }

  #roomOf(room: Room<RoomRouter>): OpenRoom {
    const known = this.#rooms.get(room);
    if (known) return known;
    this.#numbers += 1;
    const id = this.#numbers;
    const send = (message: Extract<ToTelephony, { type: 'track' }>['message']) =>
      this.#worker.send({ type: 'track', room: id, message });
    const logger = this.#options.logger.child({ roomId: room.id });
    const open: OpenRoom = { id, audio: new RoomAudio({ room, send, logger }), phones: new Set() };
    this.#rooms.set(room, open);
    if (this.#ready) this.#introduce(open);
    return open;
  }

  #introduce({ id, audio, phones }: OpenRoom): void {
    this.#worker.send({ type: 'openRoom', room: id });
    for (const phone of phones) this.#phones.get(phone)?.introduce();
    audio.take({ type: 'ready' });
  }

  #remove(room: Room<RoomRouter>, phone: WorkerPhone): void {
    const open = this.#rooms.get(room);
    open?.phones.delete(phone.id);
    if (!open || open.phones.size > 0) return;
    this.#rooms.delete(room);
    open.audio.close();
    this.#worker.send({ type: 'closeRoom', room: open.id });
  }

  #take(message: FromTelephony): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        for (const room of this.#rooms.values()) this.#introduce(room);
        return;
      case 'track':
        for (const { id, audio } of this.#rooms.values()) if (id === message.room) audio.take(message.message);
        return;
      case 'counts':
        this.observer.emit('counts', message.counts);
        return;
      case 'trouble':
        return this.#options.logger.warn({ reason: message.reason }, 'A telephony worker reports a failure.');
      case 'ended':
        return;
      default:
        this.#phones.get(message.phone)?.take(message);
    }
  }

  #lose(): void {
    this.#ready = false;
    for (const { audio } of this.#rooms.values()) audio.lose();
    for (const phone of this.#phones.values()) phone.lose();
  }

  /** No worker can be started. */
  #fail(error: SipError): void {
    this.#lose();
    this.observer.emit('failed');
    for (const { id: phone } of [...this.#phones.values()]) {
      this.#phones.get(phone)?.take({ type: 'failed', phone, code: error.code, reason: error.message });
    }
  }

  async #close(): Promise<void> {
    const phones = [...this.#phones.values()].map((phone) => phone.close());
    await this.#worker.close();
    this.#lose();
    await Promise.all(phones);
  }
}
