import { EventEmitter, once } from 'node:events';
import type { CallDirection, CallEndReason } from '../../../src/component/sip/call/call-state.ts';
import type { NegotiatedMedia } from '../../../src/component/sip/media/negotiated-media.ts';
import type { PhoneMedia, PhoneMediaEvents } from '../../../src/component/sip/media/phone-media.ts';
import type { SipError, SipErrorCode } from '../../../src/component/sip/sip-error.ts';
import type {
  IncomingCalls,
  OutgoingCallRequest,
  RegistrationRequest,
  SipCall,
  SipCallEvents,
  SipRegistration,
  SipRegistrationEvents,
  SipRegistrationState,
  Telephony,
} from '../../../src/component/sip/telephony.ts';
import type { UdpFeed } from '../../../src/sfu/udp-feed.ts';

export const negotiated: NegotiatedMedia = {
  remote: { address: '127.0.0.1', port: 4000 },
  rtcpMux: true,
  codec: 'pcma',
  payloadType: 8,
  dtmfPayloadType: 101,
  dtmfClockRate: 8000,
  packetTime: 20,
  sending: true,
  receiving: true,
};

/** A phone without sound. */
export class PhoneMediaDouble implements PhoneMedia {
  readonly observer = new EventEmitter<PhoneMediaEvents>();
  readonly port = 21_000;
  feed: UdpFeed | undefined;
  /** What joining waits for. */
  joining: Promise<void> = Promise.resolve();
  audible = true;
  readonly sent: [digits: string, duration: number][] = [];
  readonly used: NegotiatedMedia[] = [];
  closed = false;

  use(media: NegotiatedMedia): void {
    this.used.push(media);
  }

  async join(feed: UdpFeed): Promise<void> {
    await this.joining;
    this.feed = feed;
  }

  setAudible(audible: boolean): void {
    this.audible = audible;
  }

  async sendDtmf(digits: string, duration: number): Promise<void> {
    this.sent.push([digits, duration]);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A call that a test answers and ends. */
export class SipCallDouble implements SipCall {
  readonly observer = new EventEmitter<SipCallEvents>();
  readonly direction: CallDirection;
  readonly party: string;
  phone = new PhoneMediaDouble();
  closed = false;
  #ended = false;

  constructor(direction: CallDirection, party: string) {
    this.direction = direction;
    this.party = party;
  }

  answer(): void {
    this.observer.emit('answered', negotiated);
  }

  end(reason: CallEndReason, status?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.observer.emit('ended', { reason, ...(status !== undefined && { status }) });
  }

  hangUp(reason: CallEndReason): void {
    this.end(reason);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.end('component_closed');
  }
}

export class SipRegistrationDouble implements SipRegistration {
  readonly observer = new EventEmitter<SipRegistrationEvents>();
  state: SipRegistrationState = 'registering';
  lastError: SipErrorCode | undefined;
  readonly request: RegistrationRequest;
  closed = false;

  constructor(request: RegistrationRequest) {
    this.request = request;
  }

  succeed(): void {
    this.state = 'registered';
    this.observer.emit('registered');
  }

  fail(error: SipError): void {
    this.state = 'failed';
    this.lastError = error.code;
    this.observer.emit('failed', error);
  }

  refuse(error: SipError): void {
    this.state = 'failed';
    this.lastError = error.code;
    this.observer.emit('refused', error);
  }

  /** A call from outside. */
  ring(party: string): SipCallDouble | 'busy' {
    const { incoming } = this.request;
    if (!incoming) throw new Error('The account accepts no calls.');
    if (incoming.busy()) return 'busy';
    const call = new SipCallDouble('incoming', party);
    incoming.accepted(call);
    return call;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.state = 'closed';
  }
}

/** Telephony in which a test is the other side. */
export class TelephonyDouble implements Telephony {
  readonly registrations: SipRegistrationDouble[] = [];
  readonly calls: (SipCallDouble & { readonly request: OutgoingCallRequest })[] = [];
  readonly listeners: { readonly incoming: IncomingCalls; readonly contact: string | undefined }[] = [];
  readonly #changes = new EventEmitter<{ change: [] }>();

  /** The last one. */
  get registration(): SipRegistrationDouble {
    return this.registrations.at(-1) as SipRegistrationDouble;
  }

  /** The last one. */
  get outgoing(): SipCallDouble & { readonly request: OutgoingCallRequest } {
    return this.calls.at(-1) as SipCallDouble & { readonly request: OutgoingCallRequest };
  }

  register(request: RegistrationRequest): SipRegistration {
    const registration = new SipRegistrationDouble(request);
    this.registrations.push(registration);
    this.#changes.emit('change');
    return registration;
  }

  listen(incoming: IncomingCalls, contact?: string): () => void {
    const listener = { incoming, contact };
    this.listeners.push(listener);
    this.#changes.emit('change');
    return () => void this.listeners.splice(this.listeners.indexOf(listener), 1);
  }

  call(request: OutgoingCallRequest): SipCall {
    const call = Object.assign(new SipCallDouble('outgoing', request.target), { request });
    this.calls.push(call);
    this.#changes.emit('change');
    return call;
  }

  async openMedia(): Promise<PhoneMedia> {
    return new PhoneMediaDouble();
  }

  /** Resolves when this holds after something was asked for. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changes, 'change');
  }
}
