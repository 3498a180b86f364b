// Begin and end of calls of a room, and what backends are told of them: docs/contracts/fishjam-rest.md 6.5 and 7.
import t from 'tap';
import { fixedNumbers } from '../component/sip/kamailio.ts';
import { lacking } from '../component/sip/peer-process.ts';
import { meanToneLevel, part } from '../tone.ts';
import { roomTones, Telephones } from './telephones.ts';

const skip = await lacking('kamailio', 'baresip', 'openssl');
/** Far more than it takes to hang up before, in s. */
const ringTimeout = 10;

const telephones = skip ? undefined : await Telephones.start(t, { SHOAL_SIP_RING_TIMEOUT: String(ringTimeout) });

/** What the tests stand on; they are skipped without. */
function rig(): Telephones {
  if (!telephones) throw new Error('skipped');
  return telephones;
}

/** Begins at once: it takes long. */
const unanswered = skip ? undefined : callNobody();
unanswered?.catch(() => undefined);

/** A call of a telephone that nobody picks up. */
async function callNobody() {
  const room = await rig().openRoom();
  const phone = await rig().phone('1003', { answers: false });
  const component = await rig().register(room.id, '2004');
  await rig().dial(room.id, component, '1003');
  const ended = await rig().reaches(room.id, component, 'ended');
  await rig().leaves(room.id, component);
  await phone.sees('CALL_CLOSED');
  const told = { ended, states: rig().toldStates(component), notifications: rig().backend.of(room.id) };
  await phone.switchOff();
  await rig().endRoom(room);
  return told;
}

t.test('calls that are refused end with the reason, and the component leaves silently', { skip }, async (t) => {
  const room = await rig().openRoom();
  const refusals = [
    [fixedNumbers.busy, 'busy', 486],
    [fixedNumbers.declined, 'declined', 603],
    [fixedNumbers.notFound, 'not_found', 404],
    [fixedNumbers.unavailable, 'unavailable', 480],
    [fixedNumbers.notAcceptable, 'no_common_codec', 488],
  ] as const;
  for (const [number, reason, status] of refusals) {
    const component = await rig().register(room.id, '2001');
    await rig().dial(room.id, component, number);
    t.match(await rig().reaches(room.id, component, 'ended'), { reason, status, durationMs: null, party: number });
    await rig().leaves(room.id, component);
    t.same(rig().toldStates(component), ['calling', `ended: ${reason}`]);
  }
  const loop = await rig().register(room.id, '2001');
  await rig().dial(room.id, loop, fixedNumbers.redirectedForEver);
  t.match(await rig().reaches(room.id, loop, 'ended'), { status: 302 });
  await rig().leaves(room.id, loop);
  const names = rig()
    .backend.of(room.id)
    .map(({ name }) => name);
  t.same(
    names.filter((name) => /Track|Component/.test(name)),
    ['TrackAdded', 'TrackAdded'],
    'two participants were there, and nothing else came',
  );
  await rig().endRoom(room);
});

t.test('a redirected call arrives, a second one is ignored, and either side hangs up', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1001');
  const first = await rig().register(room.id, '2001');
  await rig().dial(room.id, first, ` (${fixedNumbers.redirected}) `);
  const { id } = await rig().reaches(room.id, first, 'in_call');
  await rig().dial(room.id, first, '1002');
  t.same(
    (await rig().calls(room.id)).map((call) => [call.id, call.state]),
    [[id, 'in_call']],
  );
  // two are of the participants
  await rig().backend.saw(room.id, 'TrackAdded', 3);
  await phone.hangUp();
  t.match(await rig().reaches(room.id, first, 'ended'), { reason: 'remote_hangup' });
  await rig().leaves(room.id, first);

  const second = await rig().register(room.id, '2001');
  await rig().dial(room.id, second, '1001');
  await rig().reaches(room.id, second, 'in_call');
  await rig().backend.saw(room.id, 'TrackAdded', 4);
  await rig().hangUp(room.id, second);
  t.match(await rig().reaches(room.id, second, 'ended'), { reason: 'user_hangup' });
  await phone.sees('CALL_CLOSED', 2);
  await rig().leaves(room.id, second);
  t.same(rig().toldStates(second).at(-1), 'ended: user_hangup');
  const names = rig()
    .backend.of(room.id)
    .map(({ name }) => name);
  t.same(
    names.filter((name) => /Track|Component/.test(name)),
    ['TrackAdded', 'TrackAdded', 'TrackAdded', 'TrackRemoved', 'TrackAdded', 'TrackRemoved'],
  );
  await rig().endRoom(room);
});

t.test('a call is cancelled while it rings', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1002', { answers: false });
  const component = await rig().register(room.id, '2001');
  await rig().dial(room.id, component, '1002');
  await rig().reaches(room.id, component, 'ringing');
  await rig().hangUp(room.id, component);
  t.match(await rig().reaches(room.id, component, 'ended'), { reason: 'cancelled', durationMs: null });
  await phone.sees('CALL_CLOSED');
  await rig().leaves(room.id, component);
  t.same(rig().toldStates(component), ['calling', 'ringing', 'ended: cancelled']);
  await phone.switchOff();
  await rig().endRoom(room);
});

t.test('of telephones of one account the first to answer has the call', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phones = [await rig().phone('1002'), await rig().phone('1002')];
  const component = await rig().register(room.id, '2001');
  await rig().dial(room.id, component, '1002');
  await rig().reaches(room.id, component, 'in_call');
  // a second one that answered as well is hung up, one that did not is cancelled
  const loser = await Promise.race(phones.map(async (phone) => phone.sees('CALL_CLOSED').then(() => phone)));
  const [winner] = phones.filter((phone) => phone !== loser);
  await winner?.sees('CALL_ESTABLISHED');
  await winner?.hearsFor(1000);
  t.equal((await rig().reaches(room.id, component, 'in_call')).state, 'in_call');
  await winner?.hangUp();
  t.match(await rig().reaches(room.id, component, 'ended'), { reason: 'remote_hangup' });
  for (const phone of phones) await phone.switchOff();
  await rig().endRoom(room);
});

t.test('a wrong password and an invalid number crash the component', { skip }, async (t) => {
  const room = await rig().openRoom();
  await rig().addAccount(room.id, '2001', { password: 'wrong' });
  await rig().backend.saw(room.id, 'ComponentCrashed');
  const component = await rig().register(room.id, '2001');
  await rig().dial(room.id, component, '12a4');
  await rig().backend.saw(room.id, 'ComponentCrashed', 2);
  await rig().leaves(room.id, component);
  t.match(await rig().calls(room.id), [{ reason: 'bad_number', state: 'ended' }]);
  await rig().endRoom(room);
});

t.test('a room whose last audio goes ends its call', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1002');
  const component = await rig().register(room.id, '2001');
  await rig().dial(room.id, component, '1002');
  await rig().reaches(room.id, component, 'in_call');
  await rig().server.delete(`/room/${room.id}/component/${room.file}`);
  t.match(await rig().reaches(room.id, component, 'in_call'), { reason: null });
  await rig().server.delete(`/room/${room.id}/peer/${room.peer.id}`);
  t.match(await rig().reaches(room.id, component, 'ended'), { reason: 'room_without_audio' });
  await phone.sees('CALL_CLOSED');
  await rig().leaves(room.id, component);
  await phone.switchOff();
  await rig().endRoom(room);
});

t.test('calls from allowed callers are answered, others are refused, one at a time', { skip }, async (t) => {
  const room = await rig().openRoom();
  const component = await rig().register(room.id, '2002', { incoming: true, allowedCallers: ['1001', '1002'] });
  const closed = await rig().register(room.id, '2003');
  const stranger = await rig().phone('1003');
  await stranger.dial('2002');
  t.match((await stranger.sees('CALL_CLOSED')).param, /403/);
  const caller = await rig().phone('1001');
  await caller.dial('2003');
  t.match((await caller.sees('CALL_CLOSED')).param, /480/);
  await caller.dial('2002');
  await caller.sees('CALL_ESTABLISHED');
  t.match(await rig().reaches(room.id, component, 'in_call'), { direction: 'incoming' });
  const other = await rig().phone('1002');
  await other.dial('2002');
  t.match((await other.sees('CALL_CLOSED')).param, /486/);
  await caller.hearsFor(1500);
  await room.peer.hears(700);
  await caller.hangUp();
  const { heard } = await caller.recorded(2);
  for (const tone of roomTones) t.ok(meanToneLevel(part(heard, 500), tone) > 0.1, `${tone}`);
  // the component stays, and takes the next call
  await other.dial('2002');
  await other.sees('CALL_ESTABLISHED');
  await rig().server.delete(`/room/${room.id}/component/${component}`);
  await other.sees('CALL_CLOSED', 2);
  t.match(
    (await rig().calls(room.id)).map(({ reason }) => reason),
    ['remote_hangup', 'component_closed'],
  );
  await other.dial('2002');
  t.match((await other.sees('CALL_CLOSED', 3)).param, /404/, 'it was unregistered');
  t.match((await rig().server.room(room.id)).components, [{ type: 'file' }, { id: closed }]);
  for (const phone of [stranger, caller, other]) await phone.switchOff();
  await rig().endRoom(room);
});

t.test('a telephone that nobody picks up rings until the ring timeout', { skip }, async (t) => {
  const nobody = await unanswered;
  t.match(nobody?.ended, { reason: 'no_answer', durationMs: null });
  t.same(nobody?.states, ['calling', 'ringing', 'ended: no_answer']);
  t.same(
    nobody?.notifications.map(({ name }) => name).filter((name) => /Component/.test(name)),
    [],
  );
});

t.test('a registrar that is away is waited for, and a call that waits can be dropped', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1001');
  await rig().kamailio.kill();
  const component = await rig().addAccount(room.id, '2001');
  await rig().dial(room.id, component, '1001');
  t.match(await rig().reaches(room.id, component, 'pending'), { durationMs: null });
  await rig().hangUp(room.id, component);
  t.match(await rig().reaches(room.id, component, 'ended'), { reason: 'cancelled' });
  t.match((await rig().server.room(room.id)).components, [{ type: 'file' }, { id: component }], 'it stays');
  await rig().dial(room.id, component, fixedNumbers.busy);
  await rig().kamailio.restart();
  await rig().leaves(room.id, component);
  t.match((await rig().calls(room.id)).at(-1), { reason: 'busy', status: 486 });
  await phone.switchOff();
  await rig().endRoom(room);
});

t.test('a server that stops hangs up', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1001');
  const component = await rig().register(room.id, '2001');
  await rig().dial(room.id, component, '1001');
  await rig().reaches(room.id, component, 'in_call');
  await rig().server.server.close();
  await phone.sees('CALL_CLOSED');
  t.same(
    rig().server.log.filter(({ severity }) => severity === 'error'),
    [],
  );
});
