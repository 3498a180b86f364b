import { once } from 'node:events';
import t from 'tap';
import { SipError } from '../../../src/component/sip/sip-error.ts';
import { RoomOnWorker } from '../../sfu/room-on-worker.ts';
import { credentials, PhoneRoom } from './phone-room.ts';
import { negotiated, type SipCallDouble } from './telephony-double.ts';

const worker = await RoomOnWorker.startWorker();
t.teardown(() => worker.close());

/** A component in a call whose track is in the room. */
async function inCall(room: PhoneRoom, options: Record<string, unknown> = {}) {
  const added = await room.add(options);
  room.telephony.registration.succeed();
  added.sip.dial('123');
  const call = room.telephony.outgoing;
  call.observer.emit('answered', negotiated);
  await room.world.event('trackAdded');
  return { ...added, call };
}

t.test('a call waits for the registration; its track is there when it is answered', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { component, sip } = await room.add();
  t.same(sip.properties(), { registrarCredentials: credentials }, 'as requested, with the password');
  t.match(room.telephony.registration.request, { account: { username: '1000', registrar: { host: 'pbx.invalid' } } });
  sip.dial('+48 (123)-4.56');
  t.equal(room.telephony.calls.length, 0);
  t.match(sip.call, { state: 'pending', party: '+48 (123)-4.56', direction: 'outgoing', componentId: component.id });
  room.telephony.registration.succeed();
  t.equal(room.telephony.calls[0]?.request.target, '+48123456');
  const call = room.telephony.outgoing;
  call.observer.emit('ringing');
  t.equal(component.tracks.size, 0);
  call.observer.emit('answered', negotiated);
  t.match(await room.world.event('trackAdded'), { track: { type: 'audio', metadata: null } });
  t.equal(component.tracks.size, 1);
  room.clock.advance(2500);
  t.match(sip.call, { state: 'in_call', durationMs: 2500, codec: 'pcma', encrypted: false });
  call.observer.emit('changed', { ...negotiated, sending: false });
  call.observer.emit('changed', negotiated);
  call.end('remote_hangup');
  t.equal(room.componentCount, 0, 'the component leaves');
  t.equal(room.events('trackRemoved').length, 1);
  t.equal(room.events('componentCrashed').length, 0, 'silently');
  t.strictSame(room.states, [
    ...['pending', 'calling', 'ringing', 'in_call', 'held', 'in_call'],
    'ended: remote_hangup',
  ]);
  t.match(room.calls.list(room.world.room), [{ state: 'ended', durationMs: 2500, end: { reason: 'remote_hangup' } }]);
  t.equal(room.telephony.registration.state, 'closed');
});

t.test('ends that are failures crash the component, others do not', async (t) => {
  for (const reason of ['busy', 'declined', 'no_answer', 'rejected', 'media_timeout'] as const) {
    const room = await PhoneRoom.open(t, worker);
    const { sip } = await room.add();
    room.telephony.registration.succeed();
    sip.dial('1');
    room.telephony.outgoing.end(reason, 486);
    t.equal(room.componentCount, 0, reason);
    t.equal(room.events('componentCrashed').length, 0, reason);
    t.match(room.events('callChanged').at(-1), { state: 'ended', reason, status: 486 });
  }
  for (const reason of ['unauthorized', 'timeout', 'unreachable', 'failed'] as const) {
    const room = await PhoneRoom.open(t, worker);
    const { sip } = await room.add();
    room.telephony.registration.succeed();
    sip.dial('1');
    room.telephony.outgoing.end(reason);
    t.equal(room.componentCount, 0, reason);
    t.equal(room.events('componentCrashed').length, 1, reason);
  }
});

t.test('a number that is none crashes the component', async (t) => {
  for (const number of ['', '+', 'alice', '12a', '1;x=y', '１２', '1'.repeat(65)]) {
    const room = await PhoneRoom.open(t, worker);
    const { sip } = await room.add();
    sip.dial(number);
    t.equal(room.componentCount, 0, number);
    t.equal(room.events('componentCrashed').length, 1, number);
    t.equal(room.states.at(-1), 'ended: bad_number');
  }
});

t.test('a registration that is refused crashes the component and ends the call that waits', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  sip.dial('1');
  room.telephony.registration.refuse(new SipError('unauthorized', 'Wrong password', 403));
  t.equal(room.events('componentCrashed').length, 1);
  t.match(room.events('callChanged').at(-1), { reason: 'unauthorized', status: 403 });
  const other = await PhoneRoom.open(t, worker);
  await other.add();
  other.telephony.registration.refuse(new SipError('timeout'));
  t.equal(other.events('componentCrashed').length, 1, 'without a call');
  t.strictSame(other.states, []);
});

t.test('hanging up drops a call that waits, and the component stays', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  sip.hangUp();
  sip.dial('1');
  sip.hangUp();
  t.strictSame(room.states, ['pending', 'ended: cancelled']);
  t.equal(room.componentCount, 1);
  room.telephony.registration.succeed();
  t.equal(room.telephony.calls.length, 0);
  sip.dial('2');
  t.equal(room.telephony.calls[0]?.request.target, '2');
  sip.hangUp();
  t.equal(room.states.at(-1), 'ended: user_hangup');
  t.equal(room.componentCount, 0);
});

t.test('a second number is ignored with a line in the log', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  room.telephony.registration.succeed();
  sip.dial('1');
  sip.dial('2');
  t.equal(room.telephony.calls.length, 1);
  t.ok(room.log.some((line) => line.includes('has a call already')));
});

t.test('the component leaves with the last audio of others', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const [first, second] = [room.speaker(), room.speaker()];
  await inCall(room);
  room.world.room.removePeer(first.id);
  t.equal(room.componentCount, 1);
  room.world.room.removePeer(second.id);
  t.equal(room.states.at(-1), 'ended: room_without_audio');
  t.equal(room.componentCount, 0);
  const speaker = room.speaker();
  await room.add();
  room.world.room.removePeer(speaker.id);
  t.equal(room.componentCount, 0, 'also when nobody has called yet');
});

t.test('a call that ends while its track is being opened leaves none', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  room.telephony.registration.succeed();
  sip.dial('1');
  const call = room.telephony.outgoing;
  let go: () => void = () => undefined;
  call.phone.joining = new Promise((resolve) => {
    go = resolve;
  });
  call.observer.emit('answered', negotiated);
  call.end('remote_hangup');
  go();
  await room.world.room.close();
  t.equal(room.events('trackAdded').length, 0);
});

t.test('sound that cannot be opened ends the call as failed', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  room.telephony.registration.succeed();
  sip.dial('1');
  const call = room.telephony.outgoing;
  call.phone.joining = Promise.reject(new Error('no transport'));
  call.phone.joining.catch(() => undefined);
  const ended = once(call.observer, 'ended');
  call.observer.emit('answered', negotiated);
  t.match(await ended, [{ reason: 'failed' }]);
  t.equal(room.events('componentCrashed').length, 1);
});

t.test('an account accepts calls one at a time, and stays after them', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { component } = await room.add({ incoming: 'true', allowedCallers: ['*@pbx.invalid'] });
  room.telephony.registration.succeed();
  t.same(room.telephony.registration.request.incoming?.allowedCallers, ['*@pbx.invalid']);
  const call = room.telephony.registration.ring('200@pbx.invalid') as SipCallDouble;
  t.equal(room.telephony.registration.ring('201@pbx.invalid'), 'busy');
  call.observer.emit('answered', negotiated);
  await room.world.event('trackAdded');
  call.end('remote_hangup');
  t.equal(component.tracks.size, 0);
  t.equal(room.componentCount, 1);
  t.match(
    room.events('callChanged').map(({ direction, party, state }) => `${direction} ${party} ${state}`),
    ['incoming 200@pbx.invalid ringing', 'incoming 200@pbx.invalid in_call', 'incoming 200@pbx.invalid ended'],
  );
  t.not(room.telephony.registration.ring('202@pbx.invalid'), 'busy');
  const other = await PhoneRoom.open(t, worker);
  await other.add();
  t.equal(other.telephony.registration.request.incoming, undefined, 'off by default');
});

t.test('keys are sent and told', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip: idle, component } = await room.add();
  t.throws(() => idle.sendDtmf('1', 160), { code: 'noCall', status: 409 });
  await room.world.room.removeComponent(component.id);
  const { sip, call } = await inCall(room, { notify: true });
  sip.sendDtmf('12#', 100);
  t.strictSame(call.phone.sent, [['12#', 100]]);
  call.phone.observer.emit('dtmf', '5');
  t.match(room.events('dtmfReceived'), [{ digit: '5', notify: true, callId: sip.call?.id }]);
  t.equal(room.calls.digits, 1);
  call.observer.emit('changed', { ...negotiated, dtmfPayloadType: undefined } as never);
  t.throws(() => sip.sendDtmf('1', 160), { code: 'dtmfUnsupported', status: 409 });
});

t.test('deleting the component or the room ends the call', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { component } = await inCall(room);
  await room.world.room.removeComponent(component.id);
  t.equal(room.states.at(-1), 'ended: component_closed');
  const { sip } = await room.add();
  sip.dial('1');
  await room.world.room.close();
  t.equal(room.states.at(-1), 'ended: component_closed', 'a call that waits, too');
  t.same(room.calls.current, []);
  t.equal(room.telephony.registration.state, 'closed');
});

t.test('the log tells begin and end, and no password', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { call } = await inCall(room);
  call.end('remote_hangup');
  const lines = room.log.map((line) => JSON.parse(line));
  t.match(
    lines.find(({ msg }) => msg === 'A call begins.'),
    { party: '123', direction: 'outgoing', roomId: 'lobby' },
  );
  t.match(
    lines.find(({ msg }) => msg === 'A call has ended.'),
    { reason: 'remote_hangup', durationMs: 0 },
  );
  t.notMatch(room.log.join(), /geheim/);
  const numbered = lines.filter((line) => JSON.stringify(line).includes('"123"'));
  t.ok(numbered.length > 0 && numbered.every(({ party }) => party === '123'), 'a number is nowhere but in `party`');
});

t.test('the log tells of registrations, and of the same failure once', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  const { registration } = room.telephony;
  registration.succeed();
  for (let attempt = 0; attempt < 3; attempt += 1) registration.fail(new SipError('rejected', 'No', 503));
  t.same(sip.registration, { state: 'failed', error: 'rejected' });
  registration.succeed();
  registration.fail(new SipError('rejected', 'No', 503));
  const lines = room.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('A SIP account'));
  t.strictSame(
    lines.map(({ level, msg }) => `${level} ${msg}`),
    [
      ...['30 A SIP account is registered.', '40 A SIP account is not registered.'],
      ...['20 A SIP account is not registered.', '20 A SIP account is not registered.'],
      ...['30 A SIP account is registered.', '40 A SIP account is not registered.'],
    ],
  );
  t.match(lines[1], { registrar: 'pbx.invalid', code: 'rejected', status: 503, cause: 'No' });
  for (const code of ['timeout', 'rejected', 'timeout', 'rejected'] as const) registration.fail(new SipError(code));
  const warnings = room.log.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
  t.strictSame(
    warnings.map(({ code }) => code),
    ['rejected', 'rejected', 'timeout'],
    'failures that take turns, too',
  );
});

t.test('a call waits for an account that is registered no more', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  room.telephony.registration.succeed();
  room.telephony.registration.fail(new SipError('timeout'));
  sip.dial('1');
  t.equal(sip.call?.state, 'pending');
  t.equal(room.componentCount, 1, 'no crash after a first success');
  room.telephony.registration.succeed();
  t.equal(sip.call?.state, 'calling');
});

t.test('a call waits for its registration for 32 s, whenever the account was registered before', async (t) => {
  const room = await PhoneRoom.open(t, worker);
  const { sip } = await room.add();
  room.telephony.registration.succeed();
  room.telephony.registration.fail(new SipError('rejected', 'No', 503));
  sip.dial('1');
  room.clock.advance(30_000);
  sip.hangUp();
  sip.dial('2');
  room.clock.advance(30_000);
  t.equal(sip.call?.state, 'pending', 'each call from its own beginning');
  room.telephony.registration.succeed();
  room.clock.advance(60_000);
  t.equal(sip.call?.state, 'calling', 'not once it is registered');
  room.telephony.outgoing.end('busy');

  const other = await PhoneRoom.open(t, worker);
  const { sip: late } = await other.add();
  other.telephony.registration.succeed();
  other.telephony.registration.fail(new SipError('timeout'));
  late.dial('1');
  other.clock.advance(32_000);
  t.strictSame(other.states, ['pending', 'ended: timeout']);
  t.equal(other.events('componentCrashed').length, 1);
  other.telephony.registration.succeed();
  t.equal(other.telephony.calls.length, 0);
});
