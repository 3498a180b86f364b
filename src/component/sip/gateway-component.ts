import { EventEmitter } from 'node:events';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Component } from '../../room/component.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import { accountOf, type SipAccount } from './account.ts';
import { endOfError } from './call/call-end.ts';
import type { CallEnd } from './call/call-state.ts';
import type { CallLog, CallRecord } from './call-log.ts';
import type { GatewayCall, GatewayCallEvents, GatewayCallOptions } from './gateway-call.ts';
import { formatSipUri, parseSipUri } from './message/sip-uri.ts';
import type { SipDependencies } from './sip-component.ts';
import { SipError } from './sip-error.ts';
import type { SipCallStatus, SipRegistrationStatus, SipSource } from './sip-source.ts';
import type { IncomingCalls, SipCall, SipRegistration, Telephony } from './telephony.ts';

/**
 * A SIP component for one call that the server itself makes or awaits. It stays in the room, without a track, until its owner closes it,
 * and also when it is alone there.
 */
export class GatewayComponent extends RunningComponent implements GatewayCall, SipSource {
  readonly observer = new EventEmitter<GatewayCallEvents>();
  readonly #options: GatewayCallOptions;
  readonly #telephony: Telephony;
  readonly #calls: CallLog;
  #registration: SipRegistration | undefined;
  #stopListening: () => void = () => {};
  #call: SipCall | undefined;
  #record: CallRecord | undefined;
  #audible = true;
  #over = false;

  constructor(base: RunningComponentOptions, options: GatewayCallOptions, { telephony, calls }: SipDependencies) {
    super('sip', { ...base, ...(options.name !== undefined && { metadata: { displayName: options.name } }) });
    this.#options = options;
    this.#telephony = telephony;
    this.#calls = calls;
  }

  get registration(): SipRegistrationStatus | undefined {
    return this.#registration && { state: this.#registration.state, error: this.#registration.lastError };
  }

  get call(): SipCallStatus | undefined {
    return this.#over ? undefined : this.#record?.status;
  }

  /** The shape of docs/contracts/fishjam-rest.md 3.4. The password is no client's: it is not returned. */
  properties(): Record<string, unknown> {
    const [username, address] = splitAddress(this.#options.address ?? '');
    return { registrarCredentials: { address, username, password: '' } };
  }

  /** Joins the room. What is wrong with the options ends the call afterwards. */
  async open(): Promise<Component> {
    const component = await this.enter();
    setImmediate(() => this.#begin());
    return component;
  }

  setAudible(audible: boolean): void {
    this.#audible = audible;
    this.#call?.phone?.setAudible(audible);
  }

  /** Its call is its owner's. */
  dial(): void {
    this.logger.warn('A SIP component of a gateway session calls no other number.');
  }

  /** Nor are its keys anybody else's. */
  sendDtmf(): void {
    throw new ShoalError('noCall', this.component.id);
  }

  hangUp(): void {
    this.#call?.hangUp('user_hangup');
    if (!this.#call) this.#end({ reason: 'user_hangup' });
  }

  protected async stop(): Promise<void> {
    this.#stopListening();
    await Promise.all([this.#call?.close(), this.#registration?.close()]);
    this.#end({ reason: 'component_closed' });
  }

  #begin(): void {
    if (this.closed || this.#over) return;
    try {
      const { address, password, target } = this.#options;
      if (target !== undefined && !parseSipUri(target)) throw new SipError('bad_address');
      const account = address === undefined ? undefined : accountOfAddress(address, password ?? '');
      if (account && password !== undefined) this.#register(account);
      else if (target === undefined) this.#listen();
      else this.#dial(account);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** An outgoing call waits for the registration; the first incoming one is taken. */
  #register(account: SipAccount): void {
    const { target } = this.#options;
    const incoming = target === undefined && { incoming: this.#incoming() };
    const registration = this.#telephony.register({ account, ...this.#way(), ...incoming });
    this.#registration = registration;
    registration.observer.once('refused', (error) => this.#end(endOfError(error)));
    if (target !== undefined) registration.observer.once('registered', () => this.#dial(account));
  }

  #listen(): void {
    this.#stopListening = this.#telephony.listen(this.#incoming(), this.#way().contact);
  }

  #dial(account: SipAccount | undefined): void {
    if (this.closed || this.#over) return;
    const { target = '', displayName } = this.#options;
    const openMedia = () => this.#telephony.openMedia(this.room);
    this.#take(this.#telephony.call({ ...(account && { account }), target, displayName, ...this.#way(), openMedia }));
  }

  /** @throws SipError bad_address */
  #way() {
    const { proxy, contact } = this.#options;
    return {
      ...(proxy !== undefined && { proxy: plainUri(proxy) }),
      ...(contact !== undefined && { contact: plainUri(contact) }),
    };
  }

  #incoming(): IncomingCalls {
    return {
      allowedCallers: ['*'],
      openMedia: () => this.#telephony.openMedia(this.room),
      busy: () => this.#call !== undefined || this.#over || this.closed,
      accepted: (call) => {
        // The next call is for another session.
        this.#stopListening();
        this.#take(call);
      },
    };
  }

  #take(call: SipCall): void {
    this.#call = call;
    const { room, component, logger } = this;
    const { direction, party } = call;
    const begin = { room, componentId: component.id, direction, party, notify: false, logger };
    const record = this.#calls.begin(begin, direction === 'outgoing' ? 'calling' : 'ringing');
    this.#record = record;
    call.observer.on('ringing', () => record.enter('ringing'));
    call.observer.on('changed', (media) => record.use(media));
    call.observer.once('answered', (media) => {
      record.use(media);
      this.#join(call).catch((error: unknown) => this.#fail(error));
    });
    call.observer.once('ended', (end) => this.#end(end));
  }

  /** The call has been answered: participants hear the telephone. */
  async #join({ phone }: SipCall): Promise<void> {
    if (!phone) throw new SipError('closed');
    phone.observer.on('dtmf', (digit) => {
      this.#record?.pressed(digit);
      this.observer.emit('dtmf', digit);
    });
    phone.setAudible(this.#audible);
    const feed = await this.openUdpFeed('opus');
    await phone.join(feed);
    if (this.closed || this.#over) return;
    this.announce([feed]);
    this.observer.emit('answered');
  }

  #fail(error: unknown): void {
    if (this.closed || this.#over) return;
    if (error instanceof SipError) return this.#end(endOfError(error));
    this.logger.error({ err: error }, 'The call of a gateway failed unexpectedly.');
    this.#end({ reason: 'failed' });
  }

  #end(end: CallEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#record?.finish(end);
    if (!this.#record) this.logger.info({ ...end }, 'A gateway had no call.');
    this.observer.emit('ended', end);
  }
}

/** @throws SipError bad_address */
function accountOfAddress(text: string, password: string): SipAccount {
  const [username, address] = splitAddress(text);
  return accountOf({ address, username, password });
}

/** A URI without headers, and without `lr`, which is added where it belongs. @throws SipError bad_address */
function plainUri(text: string): string {
  const uri = parseSipUri(text);
  if (!uri) throw new SipError('bad_address');
  const { headers: _, ...rest } = uri;
  const parameters = new Map([...uri.parameters].filter(([name]) => name !== 'lr'));
  return formatSipUri({ ...rest, parameters });
}

/** User and domain of `user@domain`; without an `@`, the text is both. */
function splitAddress(address: string): [user: string, domain: string] {
  const at = address.lastIndexOf('@');
  return at < 0 ? [address, address] : [address.slice(0, at), address.slice(at + 1)];
}
