import { EventEmitter } from 'node:events';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Component } from '../../room/component.ts';
import type { RunningComponentOptions } from '../running-component.ts';
import { accountOf, type SipAccount } from './account.ts';
import { endOfError } from './call/call-end.ts';
import type { CallEnd } from './call/call-state.ts';
import type { GatewayCall, GatewayCallEvents, GatewayCallOptions } from './gateway-call.ts';
import { formatSipUri, parseSipUri } from './message/sip-uri.ts';
import { PhoneComponent, type SipDependencies } from './phone-component.ts';
import { asSipError, SipError } from './sip-error.ts';
import type { SipSource } from './sip-source.ts';
import type { IncomingCalls, SipCall } from './telephony.ts';

/**
 * A SIP component for one call that the server itself makes or awaits. It stays in the room, without a track, until its owner closes it,
 * and also when it is alone there.
 */
export class GatewayComponent extends PhoneComponent implements GatewayCall, SipSource {
  readonly observer = new EventEmitter<GatewayCallEvents>();
  readonly #options: GatewayCallOptions;
  #stopListening: () => void = () => {};
  #audible = true;
  #over = false;

  constructor(base: RunningComponentOptions, options: GatewayCallOptions, dependencies: SipDependencies) {
    super({ ...base, ...(options.name !== undefined && { metadata: { displayName: options.name } }) }, dependencies);
    this.#options = options;
  }

  /** The shape of docs/contracts/fishjam-rest.md 3.4. The password is no client's: it is not returned. */
  properties(): Record<string, unknown> {
    const [username, address] = splitAddress(this.#options.address ?? '');
    return { registrarCredentials: { address, username, password: '' } };
  }

  /** Joins the room. What is wrong with the options ends the call afterwards. */
  async open(): Promise<Component> {
    const component = await this.enter();
    setImmediate(() => this.#start());
    return component;
  }

  setAudible(audible: boolean): void {
    this.#audible = audible;
    this.phoneCall?.phone?.setAudible(audible);
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
    if (this.phoneCall) this.phoneCall.hangUp('user_hangup');
    else this.ended({ reason: 'user_hangup' });
  }

  protected override async stop(): Promise<void> {
    this.#stopListening();
    await super.stop();
    this.ended({ reason: 'component_closed' });
  }

  protected override joined(): void {
    this.observer.emit('answered');
  }

  protected ended(end: CallEnd): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.record) this.logger.info({ ...end }, 'A gateway had no call.');
    this.finish(end);
    this.observer.emit('ended', end);
  }

  #start(): void {
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
    const registration = this.register({ account, ...this.#way(), ...incoming });
    registration.observer.once('refused', (error) => this.ended(endOfError(error)));
    if (target !== undefined) registration.observer.once('registered', () => this.#dial(account));
  }

  #listen(): void {
    this.#stopListening = this.telephony.listen(this.#incoming(), this.#way().contact);
  }

  #dial(account: SipAccount | undefined): void {
    if (this.closed || this.#over) return;
    const { target = '', displayName } = this.#options;
    const { openMedia } = this;
    this.#take(this.telephony.call({ ...(account && { account }), target, displayName, ...this.#way(), openMedia }));
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
      openMedia: this.openMedia,
      busy: () => this.phoneCall !== undefined || this.#over || this.closed,
      accepted: (call) => {
        // The next call is for another session.
        this.#stopListening();
        this.#take(call);
      },
    };
  }

  #take(call: SipCall): void {
    call.observer.once('answered', () => {
      call.phone?.setAudible(this.#audible);
      call.phone?.observer.on('dtmf', (digit) => this.observer.emit('dtmf', digit));
    });
    const { direction, party } = call;
    this.take(call, this.begin(direction, party, direction === 'outgoing' ? 'calling' : 'ringing', false));
  }

  #fail(error: unknown): void {
    if (!(error instanceof SipError)) this.logger.error({ err: error }, 'The call of a gateway failed unexpectedly.');
    this.ended(endOfError(asSipError(error)));
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
