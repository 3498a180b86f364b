import type { Test } from 'tap';
import t from 'tap';
import { receiveCall } from '../../../../src/component/sip/call/incoming-call.ts';
import { toTagOf } from '../../../../src/component/sip/message/header-values.ts';
import { outgoingRequest } from '../../../../src/component/sip/message/outgoing-request.ts';
import type { SipRequest, SipResponse } from '../../../../src/component/sip/message/sip-message.ts';
import type { IncomingCalls, SipCall } from '../../../../src/component/sip/telephony.ts';
import { PhoneMediaDouble } from '../telephony-double.ts';
import { openLine, phoneDescription, RecordedCall } from './open-line.ts';

interface Given {
  readonly body?: string;
  readonly headers?: [string, string][];
  readonly from?: string;
  readonly contact?: string;
}

/** A line that takes calls, and a phone that calls it. */
async function openCallee(t: Test, given: Partial<IncomingCalls> & { ringDuration?: number } = {}) {
  const test = await openLine(t);
  const { line, settings, userAgent, peer, hop } = test;
  const { ringDuration = 0, ...incoming } = given;
  const calls: (SipCall & { record: RecordedCall })[] = [];
  const media = new PhoneMediaDouble();
  userAgent.addAcceptor({
    accepts: () => true,
    receive: (transaction) =>
      receiveCall(transaction, {
        line,
        settings,
        ringDuration,
        asserted: true,
        incoming: {
          allowedCallers: ['*'],
          openMedia: async () => media,
          busy: () => false,
          accepted: (call) => calls.push(Object.assign(call, { record: new RecordedCall(call) })),
          ...incoming,
        },
      }),
  });
  let invite: SipRequest | undefined;
  const call = ({ body = phoneDescription(), headers = [], from, contact }: Given = {}) => {
    const type: [string, string][] = body === '' ? [] : [['content-type', 'application/sdp']];
    const target = contact ?? `<sip:phone@127.0.0.1:${peer.sockets.port}>`;
    invite = outgoingRequest({
      method: 'INVITE',
      uri: `sip:room@127.0.0.1:${hop.port}`,
      from: `${from ?? '<sip:+48123@example.org>'};tag=peer`,
      to: '<sip:room@127.0.0.1>',
      callId: 'incoming',
      sequence: 7,
      headers: [...(target === '' ? [] : [['contact', target] as [string, string]]), ...headers, ...type],
      body,
    });
    peer.send(invite, hop, 'z9hG4bKinvite');
  };
  /** A request in the dialog, or the CANCEL of the INVITE. */
  const send = (method: string, to: string, sequence = 7, body = '') => {
    const { uri, headers } = invite as SipRequest;
    const request = outgoingRequest({
      ...{ method, uri, to, sequence, body },
      from: headers.get('from') ?? '',
      callId: 'incoming',
      headers: body === '' ? [] : [['content-type', 'application/sdp']],
    });
    peer.send(request, hop, method === 'CANCEL' ? 'z9hG4bKinvite' : undefined);
  };
  const response = async (status: number): Promise<SipResponse> => {
    const found = await peer.nextResponse();
    t.equal(found.status, status);
    return found;
  };
  const to = (found: SipResponse) => found.headers.get('to') ?? '';
  return { ...test, calls, media, call, send, response, to };
}

t.test('an allowed caller hears it ring and is answered at once', async (t) => {
  const { call, response, send, to, calls, media, peer, dialogs } = await openCallee(t);
  call();
  const ringing = await response(180);
  t.ok(toTagOf(ringing.headers));
  const answer = await response(200);
  t.equal(to(answer), to(ringing));
  t.match(answer.headers.get('contact'), '<sip:room@127.0.0.1:');
  t.match(answer.body.toString(), /m=audio 21000 RTP\/AVP 8 101\r\n/);
  const [{ record, direction, party } = {} as never] = calls;
  t.same([direction, party], ['incoming', '+48123']);
  t.equal(media.used.length, 1, 'it may send before its ACK');
  t.equal(record.events.length, 0);
  send('ACK', to(answer));
  t.match(await record.nth(1), { codec: 'pcma', remote: { address: '192.0.2.7', port: 4000 } });
  calls[0]?.hangUp('user_hangup');
  const bye = await peer.next('BYE');
  t.equal(bye.request.uri, `sip:phone@127.0.0.1:${peer.sockets.port}`);
  t.equal(bye.request.headers.get('from'), to(answer));
  t.equal(bye.request.headers.get('to'), '<sip:+48123@example.org>;tag=peer');
  peer.respond(bye, 200);
  await calls[0]?.close();
  t.same(record.events.slice(1), [{ reason: 'user_hangup' }]);
  t.equal(dialogs.size, 0);
});

t.test('others are refused, and everybody while there is a call', async (t) => {
  const strict = await openCallee(t, { allowedCallers: ['+48 999', '*@office.example'] });
  strict.call();
  await strict.response(403);
  t.same(strict.calls, []);
  t.equal(strict.dialogs.size, 0);
  for (const [allowedCallers, status] of [[['*@office.example'], 403] as const, [['*'], 180] as const]) {
    const unnamed = await openCallee(t, { allowedCallers });
    unnamed.call({ from: '<sip:office.example>' });
    await unnamed.response(status);
    t.equal(unnamed.calls[0]?.party, status === 180 ? 'anonymous' : undefined);
  }
  const asserted = await openCallee(t, { allowedCallers: ['*@office.example'] });
  asserted.call({ headers: [['p-asserted-identity', '"x" <sip:a@office.example>']] });
  await asserted.response(180);
  t.equal(asserted.calls[0]?.party, 'a@office.example');
  const busy = await openCallee(t, { busy: () => true });
  busy.call();
  await busy.response(486);
  t.same(busy.calls, []);
  for (const { clock } of [strict, busy])
    t.equal(clock.pending, 0, 'who is refused is sent one response, and forgotten');
});

t.test('a caller who hangs up while it rings', async (t) => {
  const { call, response, send, calls, media, dialogs, clock, peer } = await openCallee(t, { ringDuration: 5000 });
  call();
  await response(180);
  send('CANCEL', '<sip:room@127.0.0.1>');
  const statuses = [(await peer.nextResponse()).status, (await peer.nextResponse()).status];
  t.same(statuses.sort(), [200, 487], 'one is for the CANCEL');
  t.same(await calls[0]?.record.nth(1), { reason: 'cancelled' });
  await calls[0]?.close();
  t.equal(media.closed, false);
  t.equal(dialogs.size, 0);
  clock.advance(5000);
  t.same(media.used, []);
});

t.test('it rings for as long as it is told to', async (t) => {
  const { call, response, clock, calls } = await openCallee(t, { ringDuration: 5000 });
  call();
  await response(180);
  await clock.whenPending(1);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(4999);
  t.equal(calls[0]?.phone, undefined);
  clock.advance(1);
  await response(200);
});

t.test('a call that we end while it rings is declined', async (t) => {
  const statuses = { user_hangup: 603, component_closed: 480 } as const;
  for (const [reason, status] of Object.entries(statuses)) {
    const { call, response, calls, dialogs } = await openCallee(t, { ringDuration: 5000 });
    call();
    await response(180);
    calls[0]?.hangUp(reason as keyof typeof statuses);
    await response(status);
    await calls[0]?.close();
    t.equal(dialogs.size, 0);
  }
});

t.test('a caller without an offer gets ours, and answers in its ACK', async (t) => {
  const { call, response, send, to, calls, media } = await openCallee(t);
  call({ body: '' });
  await response(180);
  const offer = await response(200);
  t.match(offer.body.toString(), /m=audio 21000 RTP\/AVP 8 0 96 101 102\r\n/);
  t.same(media.used, []);
  send('ACK', to(offer), 7, phoneDescription());
  t.match(await calls[0]?.record.nth(1), { codec: 'pcma' });
});

t.test('a caller who does not answer our offer', async (t) => {
  const { call, response, send, to, calls, peer } = await openCallee(t);
  call({ body: '' });
  await response(180);
  send('ACK', to(await response(200)));
  t.same(await calls[0]?.record.nth(1), { reason: 'no_common_codec' });
  peer.respond(await peer.next('BYE'), 200);
  await calls[0]?.close();
});

t.test('what cannot be accepted is refused', async (t) => {
  const cases: [given: Given, status: number, reason: string][] = [
    [{ body: phoneDescription().replace('RTP/AVP 8 101', 'RTP/AVP 18') }, 488, 'no_common_codec'],
    [{ body: 'nonsense' }, 400, 'rejected'],
    [{ body: phoneDescription().replaceAll('192.0.2.7', '169.254.169.254') }, 488, 'unreachable'],
    [{ contact: '' }, 400, 'rejected'],
  ];
  for (const [given, status, reason] of cases) {
    const { call, response, calls, media, dialogs } = await openCallee(t);
    call(given);
    await response(180);
    await response(status);
    t.match(await calls[0]?.record.nth(1), { reason });
    t.equal(media.closed, true);
    await calls[0]?.close();
    t.equal(dialogs.size, 0);
  }
});

t.test('no ACK: the call ends with a BYE after 32 s', async (t) => {
  const { call, response, calls, clock, peer } = await openCallee(t);
  call();
  await response(180);
  await response(200);
  clock.advance(32_000);
  t.same(await calls[0]?.record.nth(1), { reason: 'timeout' });
  peer.respond(await peer.next('BYE'), 200);
  await calls[0]?.close();
});

t.test('a call that we end before its ACK gets its BYE after it', async (t) => {
  const { call, response, send, to, calls, peer } = await openCallee(t);
  call();
  await response(180);
  const answer = await response(200);
  calls[0]?.hangUp('room_without_audio');
  t.same(await calls[0]?.record.nth(1), { reason: 'room_without_audio' });
  t.equal(peer.requests.length, 0);
  send('ACK', to(answer));
  peer.respond(await peer.next('BYE'), 200);
  await calls[0]?.close();
  t.same(calls[0]?.record.events.length, 1);
});

t.test('a caller who says BYE without an ACK', async (t) => {
  const { call, response, send, to, calls, peer, clock, dialogs } = await openCallee(t);
  call();
  await response(180);
  const answer = await response(200);
  send('INVITE', to(answer), 8, phoneDescription());
  await response(491);
  send('BYE', to(answer), 9);
  await response(200);
  t.same(await calls[0]?.record.nth(1), { reason: 'remote_hangup' });
  await calls[0]?.close();
  t.equal(dialogs.size, 0);
  clock.advance(32_000);
  t.equal(peer.requests.length, 0);
});
