// docs/contracts/fishjam-rest.md 6.5 and 7, with the real component and a scripted registrar.
import t, { type Test } from 'tap';
import { decodeServerMessage, EventType } from '../../src/notification/server-message.ts';
import { ScriptedProvider } from '../component/sip/scripted-provider.ts';
import { eventually } from '../eventually.ts';
import { NotificationSocket } from '../notification-socket.ts';
import { PeerClient } from '../peer-client.ts';
import { PortBlock } from '../port-block.ts';
import { apiToken, RunningServer } from '../running-server.ts';
import { offerText } from '../signalling/sdp/offers.ts';

const { min } = await PortBlock.claim(t);
const server = await RunningServer.start(t, {
  ...{ FJ_SIP_IP: '127.0.0.1', SHOAL_SIP_RTP_PORT_RANGE: `${min}-${min + 40}` },
  SHOAL_SIP_DENY: '192.0.2.0/24',
  ...{ SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined },
});
const password = 'gar-geheim';

/** A registrar, a room and a backend that hears of everything in it. */
async function open(t: Test) {
  const registrar = await ScriptedProvider.open(t);
  const topics = [EventType.SERVER_NOTIFICATION, EventType.SIP];
  const backend = await NotificationSocket.open(t, server.host, apiToken, topics);
  const roomId = await server.createRoom();
  t.teardown(() => server.ask('DELETE', `/room/${roomId}`));
  const registrarCredentials = { address: registrar.address, username: '1000', password };
  const add = (options: unknown = { registrarCredentials }) =>
    server.ask('POST', `/room/${roomId}/component`, { type: 'sip', options });
  const added = async (own: Record<string, unknown> = {}) => {
    const id: string = (await add({ registrarCredentials, ...own })).json.data.id;
    const url = `/sip/${roomId}/${id}/call`;
    return { id, url, dial: (phoneNumber: string) => post(url, { phoneNumber }) };
  };
  /** Ids of the room's components. */
  const components = async () => (await server.room(roomId)).components.map(({ id }: { id: string }) => id);
  return { registrar, backend, roomId, registrarCredentials, add, added, components };
}

/** The text of a 201 has no content type. */
async function post(url: string, body: unknown): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' };
  const response = await fetch(`http://${server.host}${url}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

/** What calls of a room have been told to be, in order. */
function told(backend: NotificationSocket, roomId: string): string[] {
  return backend.frames.flatMap((frame) => {
    const { content } = decodeServerMessage(frame);
    if (content.case !== 'callChanged' || content.value.roomId !== roomId) return [];
    const { state, reason, status } = content.value;
    return [state, reason, status || ''].filter(Boolean).join(' ');
  });
}

t.test('options are checked in their order', async (t) => {
  const { add, registrarCredentials, roomId } = await open(t);
  const missing = (name: string) => ({ status: 400, json: { errors: `Required field "${name}" missing` } });
  const wrong = { status: 400, json: { errors: 'Invalid request body structure' } };
  t.match(await add({}), missing('registrarCredentials'));
  t.match(await add({ registrarCredentials: {} }), missing('address'));
  t.match(await add({ registrarCredentials: { address: 'a', password: 5 } }), missing('username'));
  t.match(await add({ registrarCredentials: { address: 'a', username: 'b' } }), missing('password'));
  for (const address of ['a b', 'http://a', 'a:70000', 'a\r\nVia: b', '']) {
    t.match(await add({ registrarCredentials: { ...registrarCredentials, address } }), wrong, JSON.stringify(address));
  }
  t.match(await add({ registrarCredentials: 'a' }), wrong);
  const made = await add();
  t.match(made, { status: 201, json: { data: { type: 'sip', properties: { registrarCredentials }, tracks: [] } } });
  t.same(made.json.data.properties, { registrarCredentials }, 'the password, too, and nothing else');
  t.match((await server.room(roomId)).components, [{ type: 'sip', properties: { registrarCredentials } }]);
  t.match(await server.ask('POST', `/room/${roomId}/component/${made.json.data.id}/subscribe`, { origins: [] }), {
    status: 400,
    json: { errors: 'Subscribe mode is supported only for HLS and Recording components' },
  });
});

t.test('a call is made, is shown, and takes its component along', async (t) => {
  const { registrar, backend, roomId, added, components } = await open(t);
  // It waits for the registration, whose request is repeated after 500 ms.
  registrar.silent = true;
  const { id, url, dial } = await added();
  const number = '+48 (123)-4.56';
  t.match(await dial(number), { status: 201, text: `Successfully schedule calling phone_number: ${number}` });
  registrar.silent = false;
  await backend.saw(roomId, 'TrackAdded');
  t.equal(registrar.requests('INVITE').at(-1)?.uri, `sip:+48123456@${registrar.address}`);
  const shown = (await server.ask('GET', url)).json.data;
  const call = { componentId: id, direction: 'outgoing', party: number, codec: 'pcma', encrypted: false, reason: null };
  t.match(shown, { registration: { state: 'registered', error: null }, call: { ...call, state: 'in_call' } });
  t.match((await server.room(roomId)).components[0].tracks, [{ type: 'audio', metadata: null }]);
  t.match(await post(`/sip/${roomId}/${id}/dtmf`, { digits: '1#' }), { status: 204 });
  t.match(await dial('2'), { status: 201 }, 'ignored');
  t.match(await server.ask('DELETE', url), { status: 204 });
  await backend.saw(roomId, 'TrackRemoved');
  t.same(await components(), []);
  await eventually('a BYE comes', () => registrar.requests('BYE').length === 1);
  await eventually('it is unregistered', () => registrar.requests('REGISTER').at(-1)?.headers.get('expires') === '0');
  t.strictSame(told(backend, roomId), ['pending', 'calling', 'ringing', 'in_call', 'ended user_hangup']);
  t.notOk(backend.of(roomId).some(({ name }) => name === 'ComponentCrashed'));
  const list = (await server.ask('GET', `/sip/${roomId}/call`)).json.data;
  t.match(list, [{ ...call, state: 'ended', reason: 'user_hangup', status: null }]);
  t.equal(registrar.requests('INVITE').length, 1);
});

t.test('the telephone hangs up, is busy, declines or is not there: the component leaves silently', async (t) => {
  const { registrar, backend, roomId, added, components } = await open(t);
  const calls = { 1: 'remote_hangup', 486: 'busy 486', 603: 'declined 603', 404: 'not_found 404' };
  for (const [number, end] of Object.entries(calls)) {
    const { dial } = await added();
    await dial(number);
    if (number === '1') {
      await backend.saw(roomId, 'TrackAdded');
      registrar.hangUp();
    }
    await eventually(end, () => told(backend, roomId).at(-1) === `ended ${end}`);
    t.same(await components(), []);
  }
  t.notOk(backend.of(roomId).some(({ name }) => name === 'ComponentCrashed'));
});

t.test('the component leaves with the last audio of the room', async (t) => {
  const { backend, roomId, added, components } = await open(t);
  const peer = await server.addPeer(roomId);
  const client = await PeerClient.join(t, server.host, peer.token);
  await client.negotiate(offerText([{ mid: '0', kind: 'audio', lines: ['a=ssrc:2 cname:x'] }]), { 0: 'audio' });
  await backend.saw(roomId, 'TrackAdded');
  const { dial } = await added();
  await dial('1');
  await backend.saw(roomId, 'TrackAdded', 2);
  await server.delete(`/room/${roomId}/peer/${peer.id}`);
  await backend.saw(roomId, 'TrackRemoved', 2);
  t.same(await components(), []);
  t.equal(told(backend, roomId).at(-1), 'ended room_without_audio');
});

t.test('what is no number, and a registrar that refuses, crash the component', async (t) => {
  const { registrar, backend, roomId, added, components } = await open(t);
  const { dial } = await added();
  t.match(await dial('call me'), { status: 201, text: 'Successfully schedule calling phone_number: call me' });
  await backend.saw(roomId, 'ComponentCrashed');
  Object.assign(registrar, { registration: 403, silent: true });
  const refused = await added();
  await refused.dial('1');
  registrar.silent = false;
  await backend.saw(roomId, 'ComponentCrashed', 2);
  t.same(await components(), []);
  t.strictSame(
    told(backend, roomId).filter((each) => each.startsWith('ended')),
    ['ended bad_number', 'ended unauthorized 403'],
  );
});

t.test('addresses that are denied get neither requests nor audio', async (t) => {
  const { registrar, backend, roomId, registrarCredentials, added } = await open(t);
  registrar.mediaAddress = '192.0.2.1';
  const { dial } = await added();
  await dial('1');
  await eventually('it ends', () => told(backend, roomId).at(-1) === 'ended no_common_codec');
  await eventually('the telephone is hung up', () => registrar.requests('BYE').length === 1);
  t.notOk(backend.of(roomId).some(({ name }) => name === 'TrackAdded'));
  const denied = await added({ registrarCredentials: { ...registrarCredentials, address: '192.0.2.1' } });
  await eventually('it is not registered', async () => {
    const { registration } = (await server.ask('GET', denied.url)).json.data;
    return registration.error === 'refused_address';
  });
});

t.test('a registrar that does not resolve is waited for', async (t) => {
  const { registrarCredentials, added, components } = await open(t);
  const { id, url, dial } = await added({ registrarCredentials: { ...registrarCredentials, address: 'pbx.invalid' } });
  t.match(await dial('1'), { status: 201 });
  t.match((await server.ask('GET', url)).json.data, { call: { state: 'pending' } });
  t.match(await server.ask('DELETE', url), { status: 204 });
  t.same(await components(), [id]);
  t.same((await server.ask('GET', url)).json.data.call, null);
});

t.test('routes of our own refuse what there is not', async (t) => {
  const { roomId, added } = await open(t);
  const { id, url } = await added();
  const errors = (text: string) => ({ json: { errors: text } });
  const dtmf = (body: unknown, room = roomId, component = id) =>
    server.ask('POST', `/sip/${room}/${component}/dtmf`, body);
  t.match(await server.ask('GET', '/sip/none/call'), { status: 404, ...errors('Room none does not exist') });
  t.match(await server.ask('GET', `/sip/none/${id}/call`), { status: 404, ...errors('Room none does not exist') });
  t.match(await server.ask('GET', `/sip/${roomId}/none/call`), {
    status: 404,
    ...errors('Component none does not exist'),
  });
  t.same((await server.ask('GET', `/sip/${roomId}/call`)).json, { data: [] });
  t.match(await dtmf({ digits: '1' }), { status: 409, ...errors(`Component ${id} has no call that was answered`) });
  t.match(await dtmf({ digits: '1' }, 'none'), { status: 404 });
  t.match(await dtmf({ digits: '1' }, roomId, 'none'), { status: 404 });
  const digits = 'Expected 1 to 64 digits of 0-9*#ABCD';
  for (const wrong of ['', '1 2', 'a', '１', '1'.repeat(65)]) {
    t.match(await dtmf({ digits: wrong }), { status: 400, ...errors(digits) }, wrong);
  }
  for (const wrong of [{}, { digits: 5 }, { digits: '1', durationMs: 39 }, { digits: '1', durationMs: 2001 }]) {
    t.match(await dtmf(wrong), { status: 400 }, JSON.stringify(wrong));
  }
  for (const durationMs of [40, 2000]) t.match(await dtmf({ digits: '1'.repeat(64), durationMs }), { status: 409 });
  t.match((await server.ask('GET', url)).json.data.call, null);
});

t.test('no password is in the log, and numbers are in one field only', async (t) => {
  const lines = server.log.map((line) => JSON.stringify(line));
  t.ok(lines.some((line) => line.includes('A call has ended.')));
  t.notMatch(lines.join('\n'), /geheim|Digest |response=/);
  const tells = (value: unknown) => /\+48|48123456/.test(JSON.stringify(value));
  const numbers = server.log.filter(({ message, metadata }) => tells([message, metadata]));
  t.ok(numbers.length > 0);
  t.ok(numbers.every(({ message, metadata: { party, ...rest } }) => party && !tells([message, rest])));
});
