import type { Clock } from '../../clock/clock.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Component } from '../../room/component.ts';
import type { RoomChange } from '../../room/room-change.ts';
import type { RunningComponentOptions } from '../running-component.ts';
import { endOfError } from './call/call-end.ts';
import type { CallEnd, CallEndReason } from './call/call-state.ts';
import type { CallRecord } from './call-log.ts';
import type { SipOptions, SipProperties } from './options.ts';
import { PhoneComponent, type SipDependencies } from './phone-component.ts';
import { dialledNumber } from './phone-number.ts';
import type { SipError } from './sip-error.ts';
import type { SipSource } from './sip-source.ts';
import type { IncomingCalls } from './telephony.ts';

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

/** A telephone with an account of a SIP provider. */
export class SipComponent extends PhoneComponent implements SipSource {
  readonly #options: SipOptions;
  readonly #clock: Clock;
  /** What is called once the account is registered. */
  #waiting: string | undefined;
  #cancelWait: () => void = () => undefined;

  constructor(base: RunningComponentOptions, options: SipOptions, dependencies: SipDependencies) {
    super(base, dependencies);
    this.#options = options;
    this.#clock = dependencies.clock;
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
    if (this.record) return this.logger.info('A SIP component has a call already.');
    const state = this.#registered ? 'calling' : 'pending';
    const record = this.begin('outgoing', phoneNumber, state, this.#options.notify);
    try {
      this.#reach(record, dialledNumber(phoneNumber));
    } catch {
      this.ended({ reason: 'bad_number' });
    }
  }

  hangUp(): void {
    if (this.phoneCall) return this.phoneCall.hangUp('user_hangup');
    // The component stays: clients hang up, list it and call again.
    this.finish({ reason: 'cancelled' });
  }

  sendDtmf(digits: string, durationMs: number): void {
    const { id } = this.component;
    const media = this.record?.media;
    const phone = this.phoneCall?.phone;
    if (!media || !phone) throw new ShoalError('noCall', id);
    if (media.dtmfPayloadType === undefined) throw new ShoalError('dtmfUnsupported', id);
    phone.sendDtmf(digits, durationMs).catch((err: unknown) => {
      if (!this.closed && this.phoneCall) this.logger.warn({ err }, 'DTMF could not be sent.');
    });
  }

  protected override async stop(): Promise<void> {
    this.room.changes.off('change', this.#onChange);
    if (!this.phoneCall) this.finish({ reason: 'component_closed' });
    await super.stop();
  }

  protected override finish(end: CallEnd): void {
    this.#waiting = undefined;
    this.#cancelWait();
    super.finish(end);
  }

  protected ended(end: CallEnd): void {
    const stays = this.record?.begin.direction === 'incoming' && this.#options.incoming;
    this.finish(end);
    if (!stays) this.#leaveAfter(end);
  }

  get #registered(): boolean {
    return this.registration?.state === 'registered';
  }

  #register(): void {
    const { account, incoming } = this.#options;
    const { observer } = this.register({ account, ...(incoming && { incoming: this.#incoming() }) });
    observer.on('registered', () => this.#callWaiting());
    observer.on('refused', (error) => this.#refused(error));
  }

  #incoming(): IncomingCalls {
    const { allowedCallers, notify } = this.#options;
    return {
      allowedCallers,
      openMedia: this.openMedia,
      busy: () => this.closed || this.record !== undefined,
      accepted: (call) => this.take(call, this.begin('incoming', call.party, 'ringing', notify)),
    };
  }

  #callWaiting(): void {
    const [record, target] = [this.record, this.#waiting];
    this.#waiting = undefined;
    this.#cancelWait();
    if (record && target !== undefined) this.#connect(record, target);
  }

  /** The account will not be registered. */
  #refused(error: SipError): void {
    // A call that goes on, does: it has ways of its own to end.
    if (this.phoneCall) return;
    if (this.record) this.ended(endOfError(error));
    else this.#leaveAfter(endOfError(error), error);
  }

  /** Calls now, or when the account is registered. */
  #reach(record: CallRecord, target: string): void {
    if (this.#registered) return this.#connect(record, target);
    this.#waiting = target;
    this.#cancelWait = this.#clock.schedule(maxWait, () => this.ended({ reason: 'timeout' }));
  }

  #connect(record: CallRecord, target: string): void {
    record.enter('calling');
    const { account } = this.#options;
    this.take(this.telephony.call({ account, target, openMedia: this.openMedia }), record);
  }

  #leaveAfter(end: CallEnd, error?: SipError): void {
    if (this.closed) return;
    if (!failures.has(end.reason)) return this.end();
    this.crash(error ?? new Error(`The call ended: ${end.reason}`));
  }

  /** When the last audio of others goes, so does the component: docs/contracts/fishjam-rest.md 7.2. */
  readonly #onChange = (change: RoomChange): void => {
    if (change.type !== 'tracksRemoved' || change.endpoint === this.component) return;
    if (!change.tracks.some(({ type }) => type === 'audio') || this.#hearsOthers()) return;
    if (this.phoneCall) return this.phoneCall.hangUp('room_without_audio');
    if (this.record) return this.ended({ reason: 'room_without_audio' });
    if (!this.#options.incoming) this.end();
  };

  #hearsOthers(): boolean {
    return [...this.room.endpoints()].some(
      ({ id, tracks }) => id !== this.component.id && [...tracks.values()].some(({ type }) => type === 'audio'),
    );
  }
}
