import t from 'tap';
import { OutgoingCall } from '../../../../src/component/sip/call/outgoing-call.ts';
import { fromTagOf, sequenceOf } from '../../../../src/component/sip/message/header-values.ts';
import { SipError } from '../../../../src/component/sip/sip-error.ts';
import { answerContent, connect, dial, fromPhone, openLine, phoneDescription } from './open-line.ts';

t.test('a call rings, is answered and ended by us', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { call, record, media } = dial(t, test);
  t.same([call.direction, call.party, call.phone], ['outgoing', '1001', undefined]);
  const invite = await peer.next('INVITE');
  t.equal(invite.request.uri, `sip:1001@127.0.0.1:${peer.sockets.port}`);
  t.match(invite.request.headers.get('from'), /^"Room" <sip:room@127.0.0.1>;tag=[0-9a-f]{16}$/);
  t.match(invite.request.headers.get('contact'), `<sip:room@127.0.0.1:${test.hop.port}>`);
  t.match(invite.request.body.toString(), /m=audio 21000 RTP\/AVP 8 0 96 101 102\r\n/);
  peer.respond(invite, 180);
  peer.respond(invite, 183);
  t.equal(await record.nth(1), 'ringing');
  peer.respond(invite, 200, answerContent(peer));
  t.match(await record.nth(2), { codec: 'pcma', remote: { address: '192.0.2.7', port: 4000 }, sending: true });
  t.same(media.used, [record.events[1]], 'the phone hears the room');
  const ack = await peer.next('ACK');
  t.equal(ack.request.uri, `sip:phone@127.0.0.1:${peer.sockets.port}`);
  t.match(ack.request.headers.get('to'), /;tag=peer$/);
  t.same(sequenceOf(ack.request.headers), { number: 1, method: 'ACK' });
  call.hangUp('user_hangup');
  t.same(await record.nth(3), { reason: 'user_hangup' });
  t.equal(media.closed, true);
  const bye = await peer.next('BYE');
  t.same(sequenceOf(bye.request.headers), { number: 2, method: 'BYE' });
  t.equal(test.dialogs.size, 1, 'a BYE that crosses ours would be answered');
  peer.respond(bye, 200);
  await call.close();
  t.equal(test.dialogs.size, 0);
});

t.test('a final response ends the call with its reason', async (t) => {
  const reasons = {
    ...{ 486: 'busy', 600: 'busy', 603: 'declined', 403: 'declined', 404: 'not_found', 480: 'unavailable' },
    ...{ 488: 'no_common_codec', 606: 'no_common_codec', 401: 'unauthorized', 407: 'unauthorized', 408: 'timeout' },
    ...{ 500: 'rejected', 300: 'rejected', 487: 'rejected' },
  };
  for (const [status, reason] of Object.entries(reasons)) {
    const test = await openLine(t);
    const { record, media } = dial(t, test);
    test.peer.respond(await test.peer.next('INVITE'), Number(status));
    t.same(await record.nth(1), { reason, status: Number(status) });
    await test.peer.next('ACK');
    t.equal(media.closed, true);
    t.equal(test.dialogs.size, 0);
  }
});

t.test('nobody answers before the ring timeout: CANCEL', async (t) => {
  const test = await openLine(t);
  const { peer, clock } = test;
  const { call, record } = dial(t, test);
  const invite = await peer.next('INVITE');
  peer.respond(invite, 180);
  await record.nth(1);
  clock.advance(60_000);
  t.same(await record.nth(2), { reason: 'no_answer' });
  const cancel = await peer.next('CANCEL');
  t.equal(cancel.request.headers.get('via'), invite.request.headers.get('via'));
  peer.respond(cancel, 200);
  peer.respond(invite, 487);
  await peer.next('ACK');
  await call.close();
  t.equal(test.dialogs.size, 0);
});

t.test('a call that is ended before a response is cancelled once there is one', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { call, record } = dial(t, test);
  const invite = await peer.next('INVITE');
  call.hangUp('user_hangup');
  t.same(await record.nth(1), { reason: 'cancelled' });
  peer.respond(invite, 180);
  peer.respond(await peer.next('CANCEL'), 200);
  peer.respond(invite, 487);
  await peer.next('ACK');
  await call.close();
  t.same(record.events, [{ reason: 'cancelled' }], 'it does not ring any more');
});

t.test('a call that is ended at once sends nothing', async (t) => {
  const test = await openLine(t);
  const { call, record, media } = dial(t, test);
  call.hangUp('user_hangup');
  t.same(await record.nth(1), { reason: 'cancelled' });
  await call.close();
  t.equal(media.closed, false, 'its sound was never opened');
  t.equal(test.clock.pending, 0);
  t.equal(test.peer.requests.length, 0);
});

t.test('sound that is opened after the end is closed', async (t) => {
  const test = await openLine(t);
  const opened = Promise.withResolvers<void>();
  const { call, media, record } = dial(t, test, '1001', opened.promise);
  await test.clock.whenPending(1);
  call.hangUp('user_hangup');
  opened.resolve();
  await record.nth(1);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(media.closed, true);
  t.same(record.events, [{ reason: 'cancelled' }]);
  t.equal(test.clock.pending, 0);
  t.equal(test.peer.requests.length, 0);
});

t.test('an answer that crosses the CANCEL is acknowledged and ended', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { call, record, media } = dial(t, test);
  const invite = await peer.next('INVITE');
  peer.respond(invite, 180);
  await record.nth(1);
  call.hangUp('user_hangup');
  const cancel = await peer.next('CANCEL');
  peer.respond(invite, 200, answerContent(peer));
  peer.respond(cancel, 200);
  await peer.next('ACK');
  peer.respond(await peer.next('BYE'), 200);
  await call.close();
  t.same(record.events, ['ringing', { reason: 'cancelled' }]);
  t.same(media.used, []);
  t.equal(test.dialogs.size, 0);
});

t.test('a repeated 2xx gets the same ACK again, during and after the call', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { call, invite } = await connect(t, test);
  peer.respond(invite, 200, answerContent(peer));
  const repeated = await peer.next('ACK');
  t.match(repeated.request.headers.get('cseq'), '1 ACK');
  call.hangUp('user_hangup');
  peer.respond(await peer.next('BYE'), 200);
  await call.close();
  peer.respond(invite, 200, answerContent(peer));
  await peer.next('ACK');
});

t.test('the first branch of a fork that answers is the call; the others are acknowledged and ended', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { record, media } = dial(t, test);
  const invite = await peer.next('INVITE');
  peer.respond(invite, 180, { toTag: 'one' });
  peer.respond(invite, 180, { toTag: 'two' });
  peer.respond(invite, 200, answerContent(peer, phoneDescription(), 'two'));
  await record.nth(2);
  t.match((await peer.next('ACK')).request.headers.get('to'), /tag=two$/);
  peer.respond(invite, 200, answerContent(peer, phoneDescription(), 'one'));
  t.match((await peer.next('ACK')).request.headers.get('to'), /tag=one$/);
  const bye = await peer.next('BYE');
  t.match(bye.request.headers.get('to'), /tag=one$/);
  peer.respond(bye, 200);
  t.equal(media.used.length, 1);
  t.equal(record.events.length, 2);
});

t.test('who says BYE before its 2xx arrives has answered and gone', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { call, record } = dial(t, test);
  const invite = await peer.next('INVITE');
  peer.respond(invite, 180);
  await record.nth(1);
  peer.send(fromPhone(test, invite, 'BYE', 1), test.hop);
  t.equal((await peer.nextResponse()).status, 200);
  peer.respond(invite, 200, answerContent(peer));
  t.same(await record.nth(2), { reason: 'remote_hangup' });
  await peer.next('ACK');
  await call.close();
  t.notOk(peer.requests.some(({ request }) => request.method === 'BYE'));
});

t.test('an answer without a codec of ours is acknowledged and ended', async (t) => {
  const g729 = phoneDescription().replace('RTP/AVP 8 101', 'RTP/AVP 18');
  const refused = phoneDescription().replace('audio 4000', 'audio 0');
  const metadata = phoneDescription().replaceAll('192.0.2.7', '169.254.169.254');
  for (const body of [g729, refused, metadata, 'nonsense', '']) {
    const test = await openLine(t);
    const { peer } = test;
    const { record, call } = dial(t, test);
    peer.respond(await peer.next('INVITE'), 200, answerContent(peer, body));
    t.same(await record.nth(1), { reason: 'no_common_codec' });
    await peer.next('ACK');
    peer.respond(await peer.next('BYE'), 200);
    await call.close();
    t.equal(test.dialogs.size, 0);
  }
});

t.test('an answer in a provisional response counts when the 2xx has none', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { record, media } = dial(t, test);
  const invite = await peer.next('INVITE');
  peer.respond(invite, 183, answerContent(peer));
  await record.nth(1);
  t.same(media.used, [], 'early media is not heard');
  peer.respond(invite, 200, answerContent(peer, ''));
  t.match(await record.nth(2), { codec: 'pcma' });
  await peer.next('ACK');
});

t.test('a redirection is followed, with the same Call-ID and the next CSeq', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { record } = dial(t, test);
  const host = `127.0.0.1:${peer.sockets.port}`;
  const first = await peer.next('INVITE');
  const contact = `<sip:two@${host}>;q=0.2, <sip:three@${host}?Subject=x>;q=0.9`;
  peer.respond(first, 302, { headers: [['contact', contact]] });
  await peer.next('ACK');
  const second = await peer.next('INVITE');
  t.equal(second.request.uri, `sip:three@${host}`);
  t.equal(second.request.headers.get('to'), first.request.headers.get('to'), 'without the tag of who redirected');
  t.equal(second.request.headers.get('call-id'), first.request.headers.get('call-id'));
  t.equal(fromTagOf(second.request.headers), fromTagOf(first.request.headers));
  t.equal(sequenceOf(second.request.headers)?.number, 2);
  peer.respond(second, 486);
  await peer.next('ACK');
  const third = await peer.next('INVITE');
  t.equal(third.request.uri, `sip:two@${host}`, 'the next contact is tried');
  peer.respond(third, 200, answerContent(peer));
  t.match(await record.nth(1), { codec: 'pcma' });
});

t.test('redirections in a circle, or too many, end', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const { record } = dial(t, test);
  let count = 0;
  const host = `127.0.0.1:${peer.sockets.port}`;
  peer.onRequest((given) => {
    if (given.request.method !== 'INVITE') return;
    count += 1;
    const contact = `<${given.request.uri}>, <sip:1001@${host}>, <sip:n${count}@${host}>`;
    peer.respond(given, 302, { headers: [['contact', contact]] });
  });
  t.same(await record.nth(1), { reason: 'rejected', status: 302 });
  t.equal(count, 4);
});

t.test('a call that is ended while a redirection is looked up ends', async (t) => {
  const looked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  let hop = 0;
  const test = await openLine(t, {
    resolver: {
      resolve: async () => {
        hop += 1;
        if (hop === 1) return [test.peer.hop()];
        looked.resolve();
        await go.promise;
        return [test.peer.hop()];
      },
    },
  });
  const { call, record } = dial(t, test);
  test.peer.respond(await test.peer.next('INVITE'), 302, { headers: [['contact', '<sip:x@127.0.0.1:9>']] });
  await test.peer.next('ACK');
  await looked.promise;
  call.hangUp('user_hangup');
  go.resolve();
  await call.close();
  t.same(record.events, [{ reason: 'cancelled' }]);
  t.equal(test.dialogs.size, 0);
});

t.test('encrypted sound is offered over TLS, and given up when it is refused', async (t) => {
  const test = await openLine(t, { resolver: { resolve: async () => [test.peer.hop('tls'), test.peer.hop()] } });
  const sent: string[] = [];
  const ways: string[][] = [];
  const transactions = test.userAgent.transactions;
  const { call, record } = dial(t, {
    ...test,
    line: {
      ...test.line,
      transactions: {
        ask: (request, _, options) => transactions.ask(request, [test.peer.hop()], options),
        acknowledge: (request) => transactions.acknowledge(request, [test.peer.hop()]),
        invite: (request, hops, options) => {
          ways.push(hops.map(({ protocol }) => protocol));
          sent.push(request.body.toString());
          return transactions.invite(request, [test.peer.hop()], options);
        },
      },
    },
  });
  test.peer.respond(await test.peer.next('INVITE'), 488);
  await test.peer.next('ACK');
  const second = await test.peer.next('INVITE');
  t.match(sent[0], /RTP\/SAVP 8[\s\S]*a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:[\w+/]{40}\r\n/);
  t.match(sent[1], /RTP\/AVP 8/);
  t.strictSame(ways, [['tls'], ['tls', 'udp']], 'keys go nowhere without TLS');
  t.notMatch(sent[1], /crypto/);
  test.peer.respond(second, 200, answerContent(test.peer));
  t.match(await record.nth(1), { srtp: undefined });
  await test.peer.next('ACK');
  call.hangUp('user_hangup');
  test.peer.respond(await test.peer.next('BYE'), 200);
  await call.close();
});

t.test('what goes wrong before the INVITE is the end of the call', async (t) => {
  const test = await openLine(t);
  const { line, settings } = test;
  const unresolved = dial(t, test, 'sip:x@elsewhere.example');
  t.same(await unresolved.record.nth(1), { reason: 'unreachable' });
  t.equal(unresolved.media.closed, true);
  const number = dial(t, test, 'seven');
  t.same(await number.record.nth(1), { reason: 'bad_number' });
  const withoutDomain = dial(t, { ...test, line: { ...line, domain: undefined } as never, settings });
  t.same(await withoutDomain.record.nth(1), { reason: 'bad_number' });
  const openMedia = async () => Promise.reject(new SipError('no_port'));
  const withoutPort = new OutgoingCall({ line, settings, target: '1', openMedia });
  const end = new Promise((resolve) => withoutPort.observer.once('ended', resolve));
  t.same(await end, { reason: 'failed' });
  t.equal(test.clock.pending, 0);
  t.equal(test.dialogs.size, 0);
});

t.test('a callee that never responds: timeout', async (t) => {
  const test = await openLine(t);
  const { record } = dial(t, test);
  await test.peer.next('INVITE');
  test.clock.advance(32_000);
  t.same(await record.nth(1), { reason: 'timeout' });
  t.equal(test.dialogs.size, 0);
});

t.test('a phone that is gone when we hang up changes nothing', async (t) => {
  const test = await openLine(t);
  const { call, record } = await connect(t, test);
  call.hangUp('user_hangup');
  t.same(await record.nth(2), { reason: 'user_hangup' });
  const closed = call.close();
  await test.peer.next('BYE');
  test.clock.advance(2000);
  await closed;
  test.clock.advance(32_000);
  t.equal(test.clock.pending, 0);
});
