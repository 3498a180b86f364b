import type { Clock } from '../../clock/clock.ts';
import type { UdpFeed } from '../../sfu/udp-feed.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import type { CallDirection, CallEnd, SipCallState } from './call/call-state.ts';
import type { CallLog, CallRecord } from './call-log.ts';
import { SipError, type SipErrorCode } from './sip-error.ts';
import type { SipCallStatus, SipRegistrationStatus } from './sip-source.ts';
import type { RegistrationRequest, SipCall, SipRegistration, Telephony } from './telephony.ts';

export interface SipDependencies {
  readonly telephony: Telephony;
  readonly calls: CallLog;
  readonly clock: Clock;
}

/** A telephone in a room: at most one call at a time, which is recorded, and whose audio is a track from the answer to the end. */
export abstract class PhoneComponent extends RunningComponent {
  protected readonly telephony: Telephony;
  readonly #calls: CallLog;
  #registration: SipRegistration | undefined;
  /** Failures that were logged since the last success. */
  readonly #loggedFailures = new Set<SipErrorCode>();
  #record: CallRecord | undefined;
  #phoneCall: SipCall | undefined;
  #feed: UdpFeed | undefined;

  protected constructor(base: RunningComponentOptions, { telephony, calls }: SipDependencies) {
    super('sip', base);
    this.telephony = telephony;
    this.#calls = calls;
  }

  get registration(): SipRegistrationStatus | undefined {
    return this.#registration && { state: this.#registration.state, error: this.#registration.lastError };
  }

  get call(): SipCallStatus | undefined {
    return this.#record?.status;
  }

  /** Of the call that goes on, or waits. */
  protected get record(): CallRecord | undefined {
    return this.#record;
  }

  /** The call that goes on; undefined while it waits. */
  protected get phoneCall(): SipCall | undefined {
    return this.#phoneCall;
  }

  protected readonly openMedia = () => this.telephony.openMedia(this.room);

  /** Called when the call has ended, but not by {@link finish}. */
  protected abstract ended(end: CallEnd): void;

  /** Called when participants hear the telephone. */
  protected joined(): void {}

  /** Keeps an account registered while the component is there. */
  protected register(request: RegistrationRequest): SipRegistration {
    const registration = this.telephony.register(request);
    this.#registration = registration;
    const registrar = request.account.registrar.host;
    registration.observer.on('registered', () => {
      this.logger.info({ registrar }, 'A SIP account is registered.');
      this.#loggedFailures.clear();
    });
    // once each: a registrar may be away all night, and its servers in different ways
    registration.observer.on('failed', ({ code, status, message: cause }) => {
      const level = this.#loggedFailures.has(code) ? 'debug' : 'warn';
      this.logger[level]({ registrar, code, status, cause }, 'A SIP account is not registered.');
      this.#loggedFailures.add(code);
    });
    return registration;
  }

  /** A call begins, which may have to wait. @param notify whether the webhook of the room is told of it */
  protected begin(direction: CallDirection, party: string, state: SipCallState, notify: boolean): CallRecord {
    const { room, component, logger } = this;
    const record = this.#calls.begin({ room, componentId: component.id, direction, party, notify, logger }, state);
    this.#record = record;
    return record;
  }

  /** Follows the call that has begun. */
  protected take(call: SipCall, record: CallRecord): void {
    this.#phoneCall = call;
    call.observer.on('ringing', () => record.enter('ringing'));
    call.observer.on('changed', (media) => record.use(media));
    call.observer.once('answered', (media) => {
      record.use(media);
      this.#publish(call, record).catch((err: unknown) => {
        if (this.closed || this.#phoneCall !== call) return;
        this.logger.error({ err }, 'The audio of a call could not be added to its room.');
        call.hangUp('failed');
      });
    });
    call.observer.once('ended', (end) => this.ended(end));
  }

  /** There is no call any more, nor a track. Does nothing when there was none. */
  protected finish(end: CallEnd): void {
    const [record, feed] = [this.#record, this.#feed];
    this.#record = undefined;
    this.#phoneCall = undefined;
    this.#feed = undefined;
    if (feed) this.withdraw(feed);
    record?.finish(end);
  }

  protected async stop(): Promise<void> {
    await Promise.all([this.#phoneCall?.close(), this.#registration?.close()]);
  }

  async #publish(call: SipCall, record: CallRecord): Promise<void> {
    const { phone } = call;
    if (!phone) throw new SipError('closed', 'The call was answered without media');
    phone.observer.on('dtmf', (digit) => record.pressed(digit));
    const feed = await this.openUdpFeed('opus');
    if (this.#phoneCall !== call) return this.withdraw(feed);
    this.#feed = feed;
    await phone.join(feed);
    if (this.#phoneCall !== call) return;
    this.announce([feed]);
    this.joined();
  }
}
