import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { Room } from '../../room/room.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import type { CallDirection, CallEnd, CallEndReason, SipCallState } from './call/call-state.ts';
import type { NegotiatedMedia } from './media/negotiated-media.ts';
import type { SipCallStatus } from './sip-source.ts';

/** Calls of a room that are remembered after their end. */
const maxEnded = 32;
/** More than any number or address of a call that can be made, in UTF-16 units: what is longer is kept, told and logged in part. */
const maxPartyLength = 512;

export interface CallBegin {
  readonly room: Room;
  readonly componentId: string;
  readonly direction: CallDirection;
  readonly party: string;
  /** Whether the webhook of the room is told. */
  readonly notify: boolean;
  /** Of the component. */
  readonly logger: Logger;
}

/** How many calls ended for a reason. */
export interface EndedCalls {
  readonly reason: CallEndReason;
  readonly direction: CallDirection;
  readonly count: number;
}

/** All calls: those that go on, the last ones of each room, and how many there have been. Backends are notified of their changes. */
export class CallLog {
  readonly #events: RoomEvents;
  readonly #clock: Clock;
  /** By room, oldest first. */
  readonly #rooms = new WeakMap<Room, CallRecord[]>();
  readonly #current = new Set<CallRecord>();
  readonly #ended = new Map<string, EndedCalls>();
  #digits = 0;

  constructor(events: RoomEvents, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** Calls that go on. */
  get current(): SipCallStatus[] {
    return Array.from(this.#current, (record) => record.status);
  }

  get ended(): EndedCalls[] {
    return [...this.#ended.values()];
  }

  /** Keys that phones have sent. */
  get digits(): number {
    return this.#digits;
  }

  /** The calls of a room that go on, and the last ones that ended; oldest first. */
  list(room: Room): SipCallStatus[] {
    return (this.#rooms.get(room) ?? []).map((record) => record.status);
  }

  /** A call begins. @param state its first one */
  begin(given: CallBegin, state: SipCallState): CallRecord {
    const begin = { ...given, party: given.party.slice(0, maxPartyLength) };
    const record = new CallRecord(begin, this.#clock, {
      changed: () => this.#changed(record),
      pressed: (digit) => this.#pressed(record, digit),
    });
    const ofRoom = this.#rooms.get(begin.room) ?? [];
    this.#rooms.set(begin.room, ofRoom);
    ofRoom.push(record);
    this.#current.add(record);
    begin.logger.info({ callId: record.id, direction: begin.direction, party: begin.party }, 'A call begins.');
    record.enter(state);
    return record;
  }

  #changed(record: CallRecord): void {
    const { id: callId, direction, party, state, end } = record.status;
    const { room, componentId, notify } = record.begin;
    if (end) this.#count(record, end);
    this.#events.emit({
      ...{ type: 'callChanged', roomId: room.id, componentId, notify },
      ...{ callId, direction, party, state, reason: end?.reason ?? null, status: end?.status ?? null },
    });
  }

  #count(record: CallRecord, { reason }: CallEnd): void {
    const { room, direction } = record.begin;
    this.#current.delete(record);
    const key = `${direction} ${reason}`;
    this.#ended.set(key, { reason, direction, count: (this.#ended.get(key)?.count ?? 0) + 1 });
    const ofRoom = this.#rooms.get(room) ?? [];
    const ended = ofRoom.filter((each) => each.status.state === 'ended');
    if (ended.length > maxEnded) ofRoom.splice(ofRoom.indexOf(ended[0] as CallRecord), 1);
  }

  #pressed(record: CallRecord, digit: string): void {
    const { room, componentId, notify } = record.begin;
    this.#digits += 1;
    this.#events.emit({ type: 'dtmfReceived', roomId: room.id, componentId, notify, callId: record.id, digit });
  }
}

interface RecordListener {
  changed(): void;
  pressed(digit: string): void;
}

/** One call in the log. */
export class CallRecord {
  readonly id = randomUUID();
  readonly begin: CallBegin;
  readonly #clock: Clock;
  readonly #listener: RecordListener;
  #state: SipCallState | undefined;
  #media: NegotiatedMedia | undefined;
  /** In ms of the monotonic clock. */
  #answeredAt: number | undefined;
  #durationMs: number | undefined;
  #end: CallEnd | undefined;

  constructor(begin: CallBegin, clock: Clock, listener: RecordListener) {
    this.begin = begin;
    this.#clock = clock;
    this.#listener = listener;
  }

  get media(): NegotiatedMedia | undefined {
    return this.#media;
  }

  get status(): SipCallStatus {
    const { componentId, direction, party } = this.begin;
    const durationMs = this.#durationMs ?? this.#duration();
    return {
      ...{ id: this.id, componentId, direction, party, state: this.#state ?? 'pending' },
      ...(durationMs !== undefined && { durationMs }),
      ...(this.#media && { codec: this.#media.codec, encrypted: this.#media.srtp !== undefined }),
      ...(this.#end && { end: this.#end }),
    };
  }

  /** Ignored when it is in this state, or has ended. */
  enter(state: SipCallState): void {
    if (this.#end || this.#state === state) return;
    this.#state = state;
    this.#listener.changed();
  }

  /** It was answered, held, resumed, or uses other media. */
  use(media: NegotiatedMedia): void {
    this.#answeredAt ??= this.#clock.monotonic();
    this.#media = media;
    this.enter(media.sending ? 'in_call' : 'held');
  }

  /** A key was pressed at the phone. */
  pressed(digit: string): void {
    if (!this.#end) this.#listener.pressed(digit);
  }

  /** Only the first end counts. */
  finish(end: CallEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#durationMs = this.#duration();
    this.#state = 'ended';
    const { logger, direction } = this.begin;
    const fields = { callId: this.id, direction, ...end, durationMs: this.#durationMs };
    logger.info(fields, 'A call has ended.');
    this.#listener.changed();
  }

  #duration(): number | undefined {
    return this.#answeredAt === undefined ? undefined : Math.round(this.#clock.monotonic() - this.#answeredAt);
  }
}
