import type { Clock } from '../../clock/clock.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Component } from '../../room/component.ts';
import type { RoomChange } from '../../room/room-change.ts';
import type { UdpFeed } from '../../sfu/udp-feed.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import type { CallDirection, CallEnd, CallEndReason } from './call/call-state.ts';
import type { CallLog, CallRecord } from './call-log.ts';
import type { SipOptions, SipProperties } from './options.ts';
import { dialledNumber } from './phone-number.ts';
import { SipError, type SipErrorCode } from './sip-error.ts';
import type { SipCallStatus, SipRegistrationStatus, SipSource } from './sip-source.ts';
import type { IncomingCalls, SipCall, SipRegistration, Telephony } from './telephony.ts';

export interface SipDependencies {
  readonly telephony: Telephony;
  readonly calls: CallLog;
  readonly clock: Clock;
}

/** How long a call waits for the registration, in ms: as long as a first registration may take. */
const maxWait = 32_000;

/** Ends that are failures: the component crashes (docs/contracts/fishjam-rest.md 6.5 and 7.1). After others it leaves silently. */
const failures: ReadonlySet<CallEndReason> = new Set([
  'unauthorized',
  'timeout',
  'unreachable',
  'bad_number',
  'failed',
]);

/** A telephone in a room: an account of a SIP provider, and at most one call at a time. */
export class SipComponent extends RunningComponent implements SipSource {
  readonly #options: SipOptions;
  readonly #telephony: Telephony;
  readonly #calls: CallLog;
  readonly #clock: Clock;
  #registration: SipRegistration | undefined;
  /** Failures that were logged since the last success. */
  readonly #loggedFailures = new Set<SipErrorCode>();
  #record: CallRecord | undefined;
  /** What is called once the account is registered. */
  #waiting: string | undefined;
  #cancelWait: () => void = () => undefined;
  #call: SipCall | undefined;
  #feed: UdpFeed | undefined;

  constructor(base: RunningComponentOptions, options: SipOptions, { telephony, calls, clock }: SipDependencies) {
    super('sip', base);
    this.#options = options;
    this.#telephony = telephony;
    this.#calls = calls;
    this.#clock = clock;
  }

  get registration(): SipRegistrationStatus | undefined {
    return this.#registration && { state: this.#registration.state, error: this.#registration.lastError };
  }

  get call(): SipCallStatus | undefined {
    return this.#record?.status;
  }

  properties(): SipProperties {
    return this.#options.properties;
  }

  /** Joins the room and starts to register. What goes wrong crashes the component afterwards. */
  override async open(): Promise<Component> {
    const component = await this.enter();
    this.room.changes.on('change', this.#onChange);
    this.#register();
    return component;
  }

  dial(phoneNumber: string): void {
    if (this.closed) return;
    if (this.#record) return this.logger.info('A SIP component has a call already.');
    const record = this.#begin('outgoing', phoneNumber);
    try {
      this.#reach(record, dialledNumber(phoneNumber));
    } catch {
      this.#finish(record, { reason: 'bad_number' });
    }
  }

  hangUp(): void {
    if (this.#call) return this.#call.hangUp('user_hangup');
    const record = this.#record;
    if (!record) return;
    // The component stays: clients hang up, list it and call again.
    this.#forget();
    record.finish({ reason: 'cancelled' });
  }

  sendDtmf(digits: string, durationMs: number): void {
    const { id } = this.component;
    const media = this.#record?.media;
    const phone = this.#call?.phone;
    if (!media || !phone) throw new ShoalError('noCall', id);
    if (media.dtmfPayloadType === undefined) throw new ShoalError('dtmfUnsupported', id);
    phone.sendDtmf(digits, durationMs).catch((err: unknown) => {
      if (!this.closed && this.#call) this.logger.warn({ err }, 'DTMF could not be sent.');
    });
  }

  protected async stop(): Promise<void> {
    this.room.changes.off('change', this.#onChange);
    const call = this.#call;
    const record = this.#record;
    if (!call && record) this.#finish(record, { reason: 'component_closed' });
    await Promise.all([call?.close(), this.#registration?.close()]);
  }

  #register(): void {
    const { account, incoming } = this.#options;
    const registration = this.#telephony.register({ account, ...(incoming && { incoming: this.#incoming() }) });
    this.#registration = registration;
    registration.observer.on('registered', () => this.#registered());
    registration.observer.on('failed', (error) => this.#notRegistered(error));
    registration.observer.on('refused', (error) => this.#refused(error));
    if (registration.state === 'registered') this.#registered();
  }

  #incoming(): IncomingCalls {
    return {
      allowedCallers: this.#options.allowedCallers,
      openMedia: () => this.#telephony.openMedia(this.room),
      busy: () => this.closed || this.#record !== undefined,
      accepted: (call) => this.#take(call, this.#begin('incoming', call.party)),
    };
  }

  #registered(): void {
    this.logger.info({ registrar: this.#options.account.registrar.host }, 'A SIP account is registered.');
    this.#loggedFailures.clear();
    const target = this.#waiting;
    this.#waiting = undefined;
    this.#cancelWait();
    if (target !== undefined) this.#connect(target);
  }

  /** Each failure is logged once: a registrar may be away all night, and its servers in different ways. */
  #notRegistered({ code, status, message: cause }: SipError): void {
    const fields = { registrar: this.#options.account.registrar.host, code, status, cause };
    this.logger[this.#loggedFailures.has(code) ? 'debug' : 'warn'](fields, 'A SIP account is not registered.');
    this.#loggedFailures.add(code);
  }

  /** The account will not be registered. */
  #refused(error: SipError): void {
    const reason = endReasonOf(error);
    const record = this.#record;
    // A call that goes on, does: it has ways of its own to end.
    if (this.#call || this.closed) return;
    if (record) return this.#finish(record, { reason, ...(error.status !== undefined && { status: error.status }) });
    this.#leaveAfter({ reason }, error);
  }

  /** Calls now, or when the account is registered. */
  #reach(record: CallRecord, target: string): void {
    if (this.#registration?.state === 'registered') return this.#connect(target);
    this.#waiting = target;
    this.#cancelWait = this.#clock.schedule(maxWait, () => this.#finish(record, { reason: 'timeout' }));
  }

  #connect(target: string): void {
    const record = this.#record;
    if (!record || this.closed) return;
    record.enter('calling');
    const { account } = this.#options;
    const openMedia = () => this.#telephony.openMedia(this.room);
    const call = this.#telephony.call({ account, target, openMedia });
    this.#take(call, record);
  }

  #begin(direction: CallDirection, party: string): CallRecord {
    const { room, component, logger } = this;
    const begin = { room, componentId: component.id, direction, party, notify: this.#options.notify, logger };
    const waits = direction === 'outgoing' && this.#registration?.state !== 'registered';
    const record = this.#calls.begin(begin, waits ? 'pending' : direction === 'outgoing' ? 'calling' : 'ringing');
    this.#record = record;
    return record;
  }

  #take(call: SipCall, record: CallRecord): void {
    this.#call = call;
    call.observer.on('ringing', () => record.enter('ringing'));
    call.observer.once('answered', (media) => {
      record.use(media);
      this.#publish(call, record).catch((err: unknown) => {
        if (this.closed || this.#call !== call) return;
        this.logger.error({ err }, 'The audio of a call could not be added to its room.');
        call.hangUp('failed');
      });
    });
    call.observer.on('changed', (media) => record.use(media));
    call.observer.once('ended', (end) => this.#finish(record, end));
  }

  /** Adds the track of the phone. */
  async #publish(call: SipCall, record: CallRecord): Promise<void> {
    const { phone } = call;
    if (!phone) throw new SipError('closed', 'The call was answered without media');
    phone.observer.on('dtmf', (digit) => record.pressed(digit));
    const feed = await this.openUdpFeed('opus');
    if (this.#call !== call) return this.withdraw(feed);
    this.#feed = feed;
    await phone.join(feed);
    if (this.#call === call) this.announce([feed]);
  }

  #finish(record: CallRecord, end: CallEnd): void {
    this.#forget();
    record.finish(end);
    const stays = record.begin.direction === 'incoming' && this.#options.incoming;
    if (!stays) this.#leaveAfter(end);
  }

  #leaveAfter(end: CallEnd, error?: SipError): void {
    if (this.closed) return;
    if (!failures.has(end.reason)) return this.end();
    this.crash(error ?? new Error(`The call ended: ${end.reason}`));
  }

  /** There is no call any more. */
  #forget(): void {
    this.#record = undefined;
    this.#call = undefined;
    this.#waiting = undefined;
    this.#cancelWait();
    if (this.#feed) this.withdraw(this.#feed);
    this.#feed = undefined;
  }

  /** When the last audio of others goes, so does the component: docs/contracts/fishjam-rest.md 7.2. */
  readonly #onChange = (change: RoomChange): void => {
    if (change.type !== 'tracksRemoved' || change.endpoint === this.component) return;
    if (!change.tracks.some(({ type }) => type === 'audio') || this.#hearsOthers()) return;
    if (this.#call) return this.#call.hangUp('room_without_audio');
    if (this.#record) return this.#finish(this.#record, { reason: 'room_without_audio' });
    if (!this.#options.incoming) this.end();
  };

  #hearsOthers(): boolean {
    return [...this.room.endpoints()].some(
      ({ id, tracks }) => id !== this.component.id && [...tracks.values()].some(({ type }) => type === 'audio'),
    );
  }
}

function endReasonOf({ code }: SipError): CallEndReason {
  if (code === 'unauthorized' || code === 'timeout' || code === 'unreachable') return code;
  return code === 'unresolved' || code === 'refused_address' || code === 'untrusted' ? 'unreachable' : 'failed';
}
