import t from 'tap';
import type { SipResponse } from '../../../../src/component/sip/message/sip-message.ts';
import { SipError } from '../../../../src/component/sip/sip-error.ts';
import { answerContent, connect, dial, fromPhone, openLine, phoneDescription } from './open-line.ts';

type Given = Parameters<typeof fromPhone>[4];

/** A call in progress, and what its phone requests. */
async function talk(t: Parameters<typeof connect>[0]) {
  const test = await openLine(t);
  const connected = await connect(t, test);
  let sequence = 0;
  let invited = 0;
  const send = (method: string, given: Given = {}) => {
    sequence += 1;
    if (method === 'INVITE') invited = sequence;
    return test.peer.send(fromPhone(test, connected.invite, method, sequence, given), test.hop);
  };
  const ask = async (method: string, given: Given = {}): Promise<SipResponse> => {
    send(method, given);
    return await test.peer.nextResponse();
  };
  /** Acknowledges the last INVITE. */
  const acknowledge = (body = '') => {
    test.peer.send(fromPhone(test, connected.invite, 'ACK', invited, { body }), test.hop);
  };
  return { ...test, ...connected, send, ask, acknowledge };
}

t.test('the phone hangs up', async (t) => {
  const { ask, record, media, call, dialogs } = await talk(t);
  t.equal((await ask('BYE')).status, 200);
  t.same(await record.nth(2), { reason: 'remote_hangup' });
  t.equal(media.closed, true);
  await call.close();
  t.equal(dialogs.size, 0);
});

t.test('a BYE that crosses ours is answered', async (t) => {
  const { ask, record, call, peer, dialogs } = await talk(t);
  call.hangUp('room_without_audio');
  const bye = await peer.next('BYE');
  t.equal((await ask('INVITE', { body: phoneDescription() })).status, 481, 'the session is over');
  t.equal((await ask('BYE')).status, 200);
  t.same(record.events.slice(1), [{ reason: 'room_without_audio' }]);
  peer.respond(bye, 200);
  await call.close();
  t.equal(dialogs.size, 0);
});

t.test('hold and resume by re-INVITE', async (t) => {
  const { ask, acknowledge, record, media } = await talk(t);
  const holds: [line: string, answer: string, receiving: boolean][] = [
    // with music
    ['a=sendonly', 'a=recvonly', true],
    ['a=inactive', 'a=inactive', false],
  ];
  let events = 1;
  for (const [line, direction, receiving] of holds) {
    const held = await ask('INVITE', { body: phoneDescription(line) });
    acknowledge();
    t.equal(held.status, 200);
    t.match(held.headers.get('contact'), /^<sip:room@/);
    t.ok(held.body.toString().includes(`\r\n${direction}\r\n`), direction);
    events += 1;
    t.match(await record.nth(events), { sending: false, receiving });
    const resumed = await ask('INVITE', { body: phoneDescription('a=sendrecv') });
    acknowledge();
    t.match(resumed.body.toString(), /\r\na=sendrecv\r\n/);
    events += 1;
    t.match(await record.nth(events), { sending: true, receiving: true });
  }
  t.same(media.used, record.events);
});

t.test('hold in the way of RFC 2543, by the address 0.0.0.0', async (t) => {
  const { ask, acknowledge, record } = await talk(t);
  const held = await ask('INVITE', { body: phoneDescription().replace('c=IN IP4 192.0.2.7', 'c=IN IP4 0.0.0.0') });
  acknowledge();
  t.match(held.body.toString(), /\r\na=recvonly\r\n/);
  t.match(await record.nth(2), { sending: false, receiving: false });
});

t.test('UPDATE changes the media, without an ACK; without a body it changes the target only', async (t) => {
  const { ask, record, peer, call } = await talk(t);
  const body = phoneDescription().replaceAll('192.0.2.7', '192.0.2.8').replace('RTP/AVP 8 101', 'RTP/AVP 0 8 101');
  const updated = await ask('UPDATE', { body });
  t.equal(updated.status, 200);
  t.match(updated.body.toString(), /m=audio 21000 RTP\/AVP 0 101\r\n/);
  t.match(await record.nth(2), { codec: 'pcmu', payloadType: 0, remote: { address: '192.0.2.8' } });
  t.equal((await ask('UPDATE', { contact: `<sip:moved@127.0.0.1:${peer.sockets.port}>` })).status, 200);
  t.equal(record.events.length, 2);
  call.hangUp('user_hangup');
  const bye = await peer.next('BYE');
  t.match(bye.request.uri, 'sip:moved@');
  peer.respond(bye, 200);
});

t.test('an offer that cannot be accepted leaves the session as it was', async (t) => {
  const { ask, record, send, peer } = await talk(t);
  const refused = await ask('INVITE', { body: phoneDescription().replace('RTP/AVP 8 101', 'RTP/AVP 18') });
  t.equal(refused.status, 488);
  t.equal((await ask('UPDATE', { body: 'nonsense' })).status, 400);
  t.equal((await ask('INVITE', { body: 'x', headers: [['content-type', 'text/plain']] })).status, 415);
  const internal = phoneDescription().replaceAll('192.0.2.7', '169.254.169.254');
  t.equal((await ask('UPDATE', { body: internal })).status, 488);
  t.equal(record.events.length, 1);
  send('BYE');
  t.equal((await peer.nextResponse()).status, 200, 'the call goes on until then');
});

t.test('a re-INVITE without an offer gets ours, and its ACK has the answer', async (t) => {
  const { ask, acknowledge, record } = await talk(t);
  const offer = await ask('INVITE');
  t.match(offer.body.toString(), /m=audio 21000 RTP\/AVP 8 0 96 101 102\r\n/);
  const crossing = await ask('UPDATE', { body: phoneDescription() });
  t.equal(crossing.status, 491, 'one offer at a time');
  t.ok(crossing.headers.get('retry-after'));
  t.equal((await ask('UPDATE')).status, 200, 'one without an offer is none');
  acknowledge(phoneDescription().replace('RTP/AVP 8 101', 'RTP/AVP 0'));
  t.match(await record.nth(2), { codec: 'pcmu', dtmfPayloadType: undefined });
  t.equal((await ask('UPDATE', { body: phoneDescription() })).status, 200);
});

t.test('an ACK without the answer that is due ends the call', async (t) => {
  const { ask, acknowledge, record, peer, call } = await talk(t);
  await ask('INVITE');
  acknowledge();
  t.same(await record.nth(2), { reason: 'no_common_codec' });
  peer.respond(await peer.next('BYE'), 200);
  await call.close();
});

t.test('a re-INVITE whose 200 is never acknowledged ends the call after 32 s', async (t) => {
  const { ask, record, clock, peer, call } = await talk(t);
  await ask('INVITE', { body: phoneDescription() });
  clock.advance(32_000);
  t.same(await record.end(), { reason: 'timeout' });
  peer.respond(await peer.next('BYE'), 200);
  await call.close();
});

t.test('the ACK of a re-INVITE may be lost, or overtaken by the next one', async (t) => {
  const { ask, acknowledge, record, clock } = await talk(t);
  t.equal((await ask('INVITE', { body: phoneDescription('a=sendonly') })).status, 200);
  clock.advance(400);
  t.equal((await ask('INVITE', { body: phoneDescription() })).status, 200);
  acknowledge();
  t.equal((await ask('OPTIONS')).status, 200);
  clock.advance(31_600);
  t.equal((await ask('OPTIONS')).status, 200, 'the first one is forgotten');
  t.match(record.events, [{}, { sending: false }, { sending: true }]);
  t.equal(record.events.length, 3);
});

t.test('a phone on hold is asked each minute whether it is there', async (t) => {
  const { ask, acknowledge, record, clock, peer } = await talk(t);
  clock.advance(60_000);
  await ask('INVITE', { body: phoneDescription('a=sendonly') });
  acknowledge();
  t.equal((await ask('OPTIONS')).status, 200, 'the ACK has arrived');
  for (const status of [200, 405]) {
    clock.advance(60_000);
    peer.respond(await peer.next('OPTIONS'), status);
    t.equal((await ask('OPTIONS')).status, 200, 'ours has been answered');
  }
  clock.advance(60_000);
  peer.respond(await peer.next('OPTIONS'), 481);
  t.same(await record.end(), { reason: 'timeout' });
  peer.respond(await peer.next('BYE'), 481);
});

t.test('a phone on hold that is gone has lost the call', async (t) => {
  const { ask, acknowledge, record, clock, peer } = await talk(t);
  await ask('INVITE', { body: phoneDescription('a=inactive') });
  acknowledge();
  t.equal((await ask('OPTIONS')).status, 200, 'the ACK has arrived');
  clock.advance(60_000);
  await peer.next('OPTIONS');
  clock.advance(32_000);
  t.same(await record.end(), { reason: 'timeout' });
});

t.test('other requests', async (t) => {
  const { ask, record } = await talk(t);
  const statuses = { OPTIONS: 200, NOTIFY: 200, INFO: 200, REFER: 603, PRACK: 501, MESSAGE: 501, SUBSCRIBE: 501 };
  for (const [method, status] of Object.entries(statuses)) {
    t.equal((await ask(method)).status, status, method);
  }
  t.match((await ask('OPTIONS')).headers.get('accept'), 'application/sdp');
  t.equal(record.events.length, 1);
});

t.test('a request that is older than the last one is refused', async (t) => {
  const { ask, peer, hop, invite } = await talk(t);
  for (let count = 0; count < 3; count += 1) await ask('OPTIONS');
  peer.send(fromPhone({ peer, hop }, invite, 'BYE', 2), hop);
  t.equal((await peer.nextResponse()).status, 500);
});

t.test('requests of another branch of the call do not touch it', async (t) => {
  const { peer, hop, invite, record, ask } = await talk(t);
  for (const [method, status] of [
    ['BYE', 200],
    ['INVITE', 491],
    ['OPTIONS', 200],
    ['REFER', 501],
  ] as const) {
    peer.send(fromPhone({ peer, hop }, invite, method, 1, { tag: 'other' }), hop);
    t.equal((await peer.nextResponse()).status, status);
  }
  t.equal((await ask('OPTIONS')).status, 200);
  t.equal(record.events.length, 1);
});

t.test('keys by INFO are those of the phone, unless it sends them as RTP', async (t) => {
  const { ask, media } = await talk(t);
  const digits: string[] = [];
  media.observer.on('dtmf', (digit) => digits.push(digit));
  const press = (body: string) => ask('INFO', { body, headers: [['content-type', 'application/dtmf-relay']] });
  await press('Signal=5\r\nDuration=160\r\n');
  await press('Signal= #\r\n');
  await press('Signal=16\r\n');
  t.same(digits, ['5', '#']);
  media.observer.emit('dtmf', '7');
  t.equal((await press('Signal=7\r\n')).status, 200);
  t.same(digits, ['5', '#', '7']);
});

t.test('a phone that sends nothing any more has lost the call, unless it holds it', async (t) => {
  const { ask, acknowledge, record, media, peer } = await talk(t);
  await ask('INVITE', { body: phoneDescription('a=sendonly') });
  acknowledge();
  await record.nth(2);
  media.observer.emit('silent');
  t.equal(record.events.length, 2);
  await ask('INVITE', { body: phoneDescription() });
  acknowledge();
  await record.nth(3);
  media.observer.emit('silent');
  t.same(await record.nth(4), { reason: 'media_timeout' });
  peer.respond(await peer.next('BYE'), 200);
  t.equal(media.observer.listenerCount('silent'), 0);
});

t.test('a call whose audio cannot go on ends', async (t) => {
  const { record, media, peer } = await talk(t);
  media.observer.emit('failed', new SipError('no_port'));
  t.same(await record.nth(2), { reason: 'failed' });
  peer.respond(await peer.next('BYE'), 200);
  t.equal(media.observer.listenerCount('failed'), 0);
});

t.test('requests go through the recorded route to the Contact', async (t) => {
  const test = await openLine(t);
  const { peer } = test;
  const host = `127.0.0.1:${peer.sockets.port}`;
  const routes: [given: string, uri: string, sent: string[]][] = [
    [`<sip:a@${host};lr>, <sip:b@${host};lr>`, 'sip:phone@10.0.0.9', [`<sip:b@${host};lr>`, `<sip:a@${host};lr>`]],
    [`<sip:strict@${host}>`, `sip:strict@${host}`, ['<sip:phone@10.0.0.9>']],
    ['', 'sip:phone@10.0.0.9', []],
  ];
  for (const [recorded, uri, sent] of routes) {
    const { call, record } = dial(t, test);
    const invite = await peer.next('INVITE');
    const { headers, body } = answerContent(peer);
    const route: [string, string][] = recorded === '' ? [] : [['record-route', recorded]];
    const contact: [string, string] = ['contact', '<sip:phone@10.0.0.9>'];
    peer.respond(invite, 200, { body, headers: [...route, contact, ...headers.slice(1)] });
    await record.nth(1);
    for (const method of ['ACK', 'BYE']) {
      if (method === 'BYE') call.hangUp('user_hangup');
      const given = await peer.next(method);
      t.equal(given.request.uri, uri);
      t.same(given.request.headers.all('route'), sent);
      if (method === 'BYE') peer.respond(given, 200);
    }
    await call.close();
  }
});
