// Recorder slots that bring telephones into a room: docs/contracts/jibri.md 8.
import t, { type Test } from 'tap';
import { childrenOf } from '../child-processes.ts';
import { Baresip } from '../component/sip/baresip.ts';
import { fixedNumbers, Kamailio } from '../component/sip/kamailio.ts';
import { lacking } from '../component/sip/peer-process.ts';
import { eventually } from '../eventually.ts';
import { Receiver } from '../net/receiver.ts';
import { PortBlock } from '../port-block.ts';
import { apiToken, RunningServer } from '../running-server.ts';
import { part, soundLength, toneLevel } from '../tone.ts';

const skip = await lacking('kamailio', 'baresip');
const base = '/jibri/api/v1.0';

/** A server with two slots, a registrar with two accounts for them, and two telephones. */
async function open(t: Test) {
  const { min } = await PortBlock.claim(t);
  const accounts = { '1001': 'first', '1002': 'second', '2001': 'third', '2002': 'fourth' };
  const kamailio = await Kamailio.start(t, { port: min, accounts });
  const receiver = await Receiver.start(t);
  const server = await RunningServer.start(t, {
    FJ_COMPONENTS_USED: 'sip',
    FJ_SIP_IP: '127.0.0.1',
    JIBRI_SLOTS: '2',
    JIBRI_INSTANCE_ID: 'rec',
    JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url,
  });
  const phone = (user: '1001' | '1002', tone: number, port: number) =>
    Baresip.start(t, { user, password: accounts[user], registrar: kamailio.address, tone, port });
  const first = await phone('1001', 700, min + 50);
  const second = await phone('1002', 440, min + 100);
  /** Asks a slot. */
  const ask = async (slot: string, path: string, body: object = {}) => {
    const response = await fetch(`http://${server.host}/recorders/${slot}${base}/${path}`, {
      ...{ method: 'POST', headers: { authorization: `Bearer ${apiToken}` }, body: JSON.stringify(body) },
    });
    return response.status;
  };
  const start = (slot: string, sessionId: string, sipClientParams: object) => {
    const callParams = { callUrlInfo: { baseUrl: 'https://meet.example.org', callName: 'standup' } };
    return ask(slot, 'startService', { sessionId, sinkType: 'gateway', callParams, sipClientParams });
  };
  const account = (userName: '2001' | '2002') => ({
    ...{ userName: `${userName}@${kamailio.address}`, password: accounts[userName] },
    proxy: `sip:${kamailio.address}`,
  });
  // biome-ignore lint/suspicious/noExplicitAny: what a subscriber got
  const sessions = (): any[] => receiver.requests.flatMap(({ body }) => JSON.parse(body.toString()).session ?? []);
  /** The webhook of a session. */
  const told = async (sessionId: string, status: 'ON' | 'OFF') => {
    const find = () => sessions().find((each) => each.sessionId === sessionId && each.status === status);
    while (!find()) await receiver.received(receiver.requests.length + 1);
    return find();
  };
  const { sipPort } = server.server;
  return { server, kamailio, first, second, sipPort, ask, start, account, told };
}

/** What a phone hears in the next second. */
async function next(phone: Baresip) {
  const before = soundLength(await phone.heard());
  await phone.hearsFor(before + 1000);
  return part(await phone.heard(), before + 200);
}

t.test('recorder slots bring telephones into a room', { skip }, async (t) => {
  const { server, kamailio, first, second, sipPort, ask, start, account, told } = await open(t);

  await t.test('one is called, another one calls, and both hear each other', async (t) => {
    t.equal(await start('rec', 'out', { sipAddress: first.uri, displayName: 'Shoal' }), 200);
    t.match(await told('out', 'ON'), { sipAddress: first.uri, failure: null });
    const [room] = (await server.ask('GET', '/room')).json.data;
    t.match(room.components, [{ type: 'sip', tracks: [{ type: 'audio', metadata: null }] }]);
    t.equal(await start('rec-1', 'in', { autoAnswer: true, ...account('2001') }), 200);
    await eventually('the account is registered', async () => {
      const closed = second.events.filter(({ type }) => type === 'CALL_CLOSED').length;
      await second.dial('2001');
      const ends = [second.sees('CALL_ESTABLISHED'), second.sees('CALL_CLOSED', closed + 1)];
      return (await Promise.race(ends)).type === 'CALL_ESTABLISHED';
    });
    await told('in', 'ON');
    await eventually('the first phone hears the second one', async () => toneLevel(await next(first), 440) > 0.1);
    await eventually('the second phone hears the first one', async () => toneLevel(await next(second), 700) > 0.1);
    t.ok(toneLevel(await next(first), 700) < 0.01, 'and not itself');
    t.strictSame(childrenOf(process.pid, 'composer'), [], 'nothing is composed');
  });

  await t.test('star 6 switches whether a telephone is heard', async () => {
    await second.press('*6');
    await eventually('it is not heard', async () => toneLevel(await next(first), 440) < 0.01);
    await second.press('*7*6');
    await eventually('it is heard again', async () => toneLevel(await next(first), 440) > 0.1);
  });

  await t.test('a stop hangs up, and a telephone that hangs up ends its session', async (t) => {
    t.equal(await ask('rec', 'stopService'), 200);
    await first.sees('CALL_CLOSED');
    t.match(await told('out', 'OFF'), { failure: null });
    await second.hangUp();
    t.match(await told('in', 'OFF'), { failure: null });
    await eventually('the room is gone', async () => (await server.ask('GET', '/room')).json.data.length === 0);
  });

  await t.test('a call to the server itself is taken, too', async (t) => {
    await start('rec', 'direct', { autoAnswer: true, contact: `<sip:desk@127.0.0.1:${sipPort}>` });
    await eventually('it is awaited', async () => (await server.ask('GET', '/room')).json.data.length === 1);
    const closed = second.events.filter(({ type }) => type === 'CALL_CLOSED').length;
    await second.dial(`sip:desk@127.0.0.1:${sipPort}`);
    await told('direct', 'ON');
    await ask('rec', 'stopService');
    await second.sees('CALL_CLOSED', closed + 1);
    t.match(await told('direct', 'OFF'), { failure: null });
  });

  await t.test('calls that fail say why', async (t) => {
    const failed = (detail: string) => ({ failure: { reason: 'ERROR', error: { scope: 'SESSION', detail } } });
    const call = (number: string) => ({ sipAddress: `${number}@${kamailio.address}`, ...account('2002') });
    await start('rec', 'busy', call(fixedNumbers.busy));
    t.match(await told('busy', 'OFF'), failed('Remote side busy'));
    await start('rec-1', 'declined', call(fixedNumbers.declined));
    t.match(await told('declined', 'OFF'), failed('Pjsua exited with code 1'));
    const idle = (slot: string) => eventually(`${slot} is idle`, async () => (await health(server, slot)) === 'IDLE');
    await idle('rec');
    await idle('rec-1');
    await start('rec', 'password', { ...call('1001'), password: 'wrong' });
    t.match(await told('password', 'OFF'), failed('Pjsua exited with code 1'));
    await idle('rec');
    await start('rec', 'forbidden', { sipAddress: '1001@169.254.169.254' });
    t.match(await told('forbidden', 'OFF'), failed('Pjsua exited with code 1'));
    await start('rec-1', 'nobody', { autoAnswer: true, autoAnswerTimer: 1, ...account('2001') });
    t.match(await told('nobody', 'OFF'), failed('Pjsua exited with code 1'));
    t.notMatch(JSON.stringify(server.log), /third|fourth|wrong/);
  });

  await t.test('a server that stops hangs up', async (t) => {
    const closed = first.events.filter(({ type }) => type === 'CALL_CLOSED').length;
    await eventually('the slot is idle', async () => (await health(server, 'rec')) === 'IDLE');
    await start('rec', 'last', { sipAddress: first.uri });
    await told('last', 'ON');
    await server.server.close();
    await first.sees('CALL_CLOSED', closed + 1);
    t.match(await told('last', 'OFF'), { failure: null });
    t.strictSame(childrenOf(process.pid, 'telephony worker'), []);
  });
});

async function health(server: RunningServer, slot: string): Promise<string> {
  const response = await fetch(`http://${server.host}/recorders/${slot}${base}/health`, {
    headers: { authorization: `Bearer ${apiToken}` },
  });
  return ((await response.json()) as { status: { busyStatus: string } }).status.busyStatus;
}
