import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Test } from 'tap';
import type { CallLine } from '../../../../src/component/sip/call/call-line.ts';
import type { CallEnd } from '../../../../src/component/sip/call/call-state.ts';
import type { CallSettings } from '../../../../src/component/sip/call/dialog-call.ts';
import { OutgoingCall } from '../../../../src/component/sip/call/outgoing-call.ts';
import type { NegotiatedMedia } from '../../../../src/component/sip/media/negotiated-media.ts';
import { outgoingRequest } from '../../../../src/component/sip/message/outgoing-request.ts';
import type { SipRequest } from '../../../../src/component/sip/message/sip-message.ts';
import { parseSipUri } from '../../../../src/component/sip/message/sip-uri.ts';
import { SipError } from '../../../../src/component/sip/sip-error.ts';
import type { SipCall } from '../../../../src/component/sip/telephony.ts';
import type { Hop } from '../../../../src/component/sip/transport/hop.ts';
import { UserAgent } from '../../../../src/component/sip/user-agent.ts';
import { HeldClock } from '../../../clock/held-clock.ts';
import { openTestSockets, type PeerRequest, ScriptedPeer } from '../scripted-peer.ts';
import { PhoneMediaDouble } from '../telephony-double.ts';

/** Our user agent over real sockets and a held clock, and a telephone that says what a test tells it to. */
export interface TestLine {
  readonly clock: HeldClock;
  readonly peer: ScriptedPeer;
  readonly userAgent: UserAgent;
  readonly line: CallLine;
  readonly settings: CallSettings;
  /** Where our requests come from. */
  readonly hop: Hop;
  /** The dialogs that are known. */
  readonly dialogs: Set<string>;
}

export async function openLine(t: Test, given: Partial<CallLine> = {}): Promise<TestLine> {
  const clock = new HeldClock();
  const sockets = await openTestSockets(t);
  const peer = await ScriptedPeer.open(t);
  const userAgent = new UserAgent({ transport: sockets, clock });
  t.teardown(() => userAgent.close());
  const dialogs = new Set<string>();
  const line: CallLine = {
    transactions: userAgent.transactions,
    resolver: { resolve: async (uri) => [numericHop(uri)] },
    from: '"Room" <sip:room@127.0.0.1>',
    domain: `127.0.0.1:${peer.sockets.port}`,
    contact: (hop) => userAgent.contact('room', hop),
    permits: (address) => address !== '169.254.169.254',
    addDialog: (key, receive) => {
      dialogs.add(key.localTag);
      const remove = userAgent.addDialog(key, receive);
      return () => {
        dialogs.delete(key.localTag);
        remove();
      };
    },
    ...given,
  };
  const settings: CallSettings = {
    clock,
    randomBytes,
    mediaAddress: '192.0.2.1',
    codecs: ['pcma', 'pcmu', 'opus'],
    ringTimeout: 60_000,
  };
  const hop: Hop = { protocol: 'udp', address: '127.0.0.1', port: sockets.port };
  return { clock, peer, userAgent, line, settings, hop, dialogs };
}

/** @throws SipError unresolved */
function numericHop(uri: string): Hop {
  const parsed = parseSipUri(uri);
  if (parsed?.host !== '127.0.0.1') throw new SipError('unresolved');
  return { protocol: 'udp', address: parsed.host, port: parsed.port ?? 5060 };
}

/** What a call has told, in order. */
export class RecordedCall {
  readonly events: (string | CallEnd | NegotiatedMedia)[] = [];
  readonly #changes = new EventEmitter<{ change: [] }>();

  constructor(call: SipCall) {
    const add = (event: string | CallEnd | NegotiatedMedia) => {
      this.events.push(event);
      this.#changes.emit('change');
    };
    call.observer.on('ringing', () => add('ringing'));
    call.observer.on('answered', (media) => add(media));
    call.observer.on('changed', (media) => add(media));
    call.observer.on('ended', (end) => add(end));
  }

  /** Waits until both sides have agreed on media, for the `count`th time. */
  async agreed(count: number): Promise<NegotiatedMedia> {
    for (;;) {
      const all = this.events.filter((event) => typeof event === 'object' && 'codec' in event);
      if (all.length >= count) return all[count - 1] as NegotiatedMedia;
      await once(this.#changes, 'change');
    }
  }

  /** Waits until it has ended. */
  async end(): Promise<CallEnd> {
    for (;;) {
      const end = this.events.find((event) => typeof event === 'object' && 'reason' in event);
      if (end) return end as CallEnd;
      await once(this.#changes, 'change');
    }
  }

  /** Waits until there are this many. @returns the last of them */
  async nth(count: number): Promise<string | CallEnd | NegotiatedMedia> {
    while (this.events.length < count) await once(this.#changes, 'change');
    return this.events[count - 1] as string;
  }
}

export interface DialledCall {
  readonly call: OutgoingCall;
  readonly record: RecordedCall;
  readonly media: PhoneMediaDouble;
}

/** Calls the peer. @param opened holds back its sound */
export function dial(
  t: Test,
  { line, settings, peer }: TestLine,
  target = '1001',
  opened?: Promise<void>,
): DialledCall {
  const media = new PhoneMediaDouble();
  const openMedia = async () => {
    await opened;
    return media;
  };
  const call = new OutgoingCall({ line, settings, target, openMedia });
  const record = new RecordedCall(call);
  t.teardown(async () => {
    peer.onRequest((given) => given.request.method !== 'ACK' && peer.respond(given, 200));
    await call.close();
  });
  return { call, record, media };
}

/** A session description of a telephone with A-law. @param lines after those of the section */
export function phoneDescription(...lines: string[]): string {
  const all = [
    ...['v=0', 'o=phone 1 1 IN IP4 192.0.2.7', 's=-', 'c=IN IP4 192.0.2.7', 't=0 0'],
    ...['m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000'],
  ];
  return [...all, ...lines, ''].join('\r\n');
}

export function answerContent(peer: ScriptedPeer, body = phoneDescription(), toTag = 'peer') {
  const headers: [string, string][] = [
    ['contact', `<sip:phone@127.0.0.1:${peer.sockets.port}>`],
    ...(body === '' ? [] : ([['content-type', 'application/sdp']] as [string, string][])),
  ];
  return { headers, body, toTag };
}

/** A call in progress. */
export async function connect(t: Test, test: TestLine): Promise<DialledCall & { readonly invite: PeerRequest }> {
  const dialled = dial(t, test);
  const invite = await test.peer.next('INVITE');
  test.peer.respond(invite, 200, answerContent(test.peer));
  await dialled.record.nth(1);
  await test.peer.next('ACK');
  return { ...dialled, invite };
}

/** A request of the phone in the dialog of our INVITE. */
export function fromPhone(
  { peer, hop }: Pick<TestLine, 'peer' | 'hop'>,
  { request: { headers } }: PeerRequest,
  method: string,
  sequence: number,
  given: { body?: string; headers?: [string, string][]; tag?: string; contact?: string } = {},
): SipRequest {
  const { body = '', tag = 'peer', contact = `<sip:phone@127.0.0.1:${peer.sockets.port}>` } = given;
  return outgoingRequest({
    method,
    uri: `sip:room@127.0.0.1:${hop.port}`,
    from: `${headers.get('to')};tag=${tag}`,
    to: headers.get('from') ?? '',
    callId: headers.get('call-id') ?? '',
    sequence,
    headers: [
      ['contact', contact],
      ...(body !== '' && !given.headers ? [['content-type', 'application/sdp'] as const] : []),
      ...(given.headers ?? []),
    ],
    body,
  });
}
