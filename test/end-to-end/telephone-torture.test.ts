// Calls over a bad network, with odd peers, and under the load of strangers.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { lacking } from '../component/sip/peer-process.ts';
import { Sipp, scenario } from '../component/sip/sipp.ts';
import { eventually } from '../eventually.ts';
import { collectGarbage } from '../garbage-collection.ts';
import { dropOuts, meanToneLevel, part, soundLength } from '../tone.ts';
import { Telephones } from './telephones.ts';

const skip = await lacking('kamailio', 'baresip', 'openssl', 'sipp');
/** Of the telephone that is listened to, in Hz. */
const otherTone = 950;
/** That one address may have. */
const maxConnections = 16;
const { receive, send, respond, described, label } = scenario;

const telephones = skip ? undefined : await Telephones.start(t, {}, true);

/** What the tests stand on; they are skipped without. */
function rig(): Telephones {
  if (!telephones) throw new Error('skipped');
  return telephones;
}

/** Both begin at once: they take long. */
const silent = skip ? undefined : loseTelephone();
const lossy = silent?.then(() => callOverLoss());
lossy?.catch(() => undefined);

/** A telephone whose battery is empty in the middle of a call. @returns when it is, how the call ends */
async function loseTelephone() {
  const room = await rig().openRoom();
  const phone = await rig().phone('1003');
  const component = await rig().register(room.id, '2004');
  await rig().dial(room.id, component, '1003');
  await rig().reaches(room.id, component, 'in_call');
  await phone.hearsFor(200);
  await phone.kill();
  const end = rig().reaches(room.id, component, 'ended');
  end.catch(() => undefined);
  return { room, end };
}

/** A call from its registration to its end with 30 % of the datagrams lost. */
async function callOverLoss() {
  const { relay } = rig();
  if (!relay) throw new Error('There is no relay.');
  const room = await rig().openRoom();
  const phone = await rig().phone('1002');
  relay.loss = 0.3;
  const component = await rig().register(room.id, '2001');
  await rig().dial(room.id, component, '1002');
  await rig().reaches(room.id, component, 'in_call');
  await phone.sees('CALL_ESTABLISHED');
  await rig().hangUp(room.id, component);
  await phone.sees('CALL_CLOSED');
  const ended = await rig().reaches(room.id, component, 'ended');
  relay.loss = 0;
  await phone.switchOff();
  await rig().endRoom(room);
  return { ended, lost: relay.lost };
}

/** A registrar that takes every account, and a telephone with this script, in one. */
async function odd(steps: readonly string[], port: number): Promise<Sipp> {
  const granted = respond('200 OK', { tag: 'registrar', more: '[last_Contact:]\nExpires: 300\n' }, 'next="3"');
  const whole = [
    ...[receive('REGISTER', 'optional="true" next="1"'), receive('INVITE', 'next="2"')],
    ...[label(1), granted, label(2), ...steps, label(3), '<nop/>'],
  ];
  // the registration, the call, and the end of the registration
  return await Sipp.start(t, { steps: whole, port, calls: 3 });
}

/** Calls an odd telephone. @returns the component */
async function callOdd(roomId: string, port: number): Promise<string> {
  const component = await rig().register(roomId, '2001', { address: `127.0.0.1:${port}` });
  await rig().dial(roomId, component, '123');
  return component;
}

t.test(
  'a repeated 200 is acknowledged each time, and a second telephone that answers is hung up',
  { skip },
  async (t) => {
    const room = await rig().openRoom();
    const port = rig().strangerPort(0);
    const answer = (tag: string) => respond('200 OK', { tag, more: described(rig().strangerPort(4)) });
    const acknowledged = [receive('ACK'), receive('ACK'), receive('ACK')];
    const fork = [receive('BYE'), respond('200 OK')];
    const end = [receive('BYE'), respond('200 OK')];
    const sipp = await odd([answer('one'), answer('one'), answer('two'), ...acknowledged, ...fork, ...end], port);
    const component = await callOdd(room.id, port);
    await rig().reaches(room.id, component, 'in_call');
    await rig().hangUp(room.id, component);
    t.match(await rig().reaches(room.id, component, 'ended'), { reason: 'user_hangup' });
    t.same(await sipp.ended, { code: 0, errors: '' });
  },
);

t.test('a call that is answered while it is cancelled is acknowledged and hung up', { skip }, async (t) => {
  const room = await rig().openRoom();
  const port = rig().strangerPort(1);
  const sipp = await odd(
    [
      respond('180 Ringing', { tag: 'one' }),
      receive('CANCEL'),
      respond('200 OK', { tag: 'one', method: 'INVITE', more: described(rig().strangerPort(4)) }),
      respond('200 OK', { tag: 'one' }),
      ...[receive('ACK'), receive('BYE'), respond('200 OK')],
    ],
    port,
  );
  const component = await callOdd(room.id, port);
  await rig().reaches(room.id, component, 'ringing');
  await rig().hangUp(room.id, component);
  t.match(await rig().reaches(room.id, component, 'ended'), { reason: 'cancelled' });
  t.same(await sipp.ended, { code: 0, errors: '' });
  await rig().endRoom(room);
});

t.test('with 30 % of the datagrams lost a call begins and ends', { skip }, async (t) => {
  const result = await lossy;
  t.match(result?.ended, { reason: 'user_hangup' });
  t.ok(Number(result?.lost) > 0);
});

/** What strangers send without an account: they get an answer, if any, and no state. */
const strangers = [
  ...['OPTIONS', 'INVITE', 'REGISTER', 'BYE', 'SUBSCRIBE'].map((method) => [
    send(
      `${method} sip:2001@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
      From: <sip:stranger@[local_ip]>;tag=[pid]x[call_number]
      To: <sip:2001@[remote_ip]>
      Call-ID: [call_id]
      CSeq: 1 ${method}
      Max-Forwards: 70
      Contact: <sip:stranger@[local_ip]:[local_port]>`,
    ),
  ]),
];

/** Datagrams that are no SIP, or nearly. */
function garbage(port: number): Buffer[] {
  const head = (lines: string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  const via = `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKx`;
  const usual = [via, 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>', 'Call-ID: x', 'CSeq: 1 INVITE'];
  const start = 'INVITE sip:2001@127.0.0.1 SIP/2.0';
  return [
    ...[Buffer.alloc(0), Buffer.from('\r\n\r\n'), Buffer.alloc(1200, 0xff), Buffer.from(start)],
    head([start]),
    head([start, ...usual, 'Content-Length: -1']),
    head([start, ...usual, 'Content-Length: 99999999999999999999']),
    head(['INVITE sip:2001@127.0.0.1 SIP/7.0', ...usual]),
    head([start, ...usual.slice(1)]),
    head([start, via, via.repeat(2), ...usual.slice(1), 'CSeq: 99999999999 INVITE']),
    head([start, ...usual, ...Array(900).fill('Route: <sip:x;lr>')]),
    head([start, ...usual, `Subject: ${'\u0000'.repeat(500)}`]),
    head([start, `Via: ${','.repeat(3000)}`, ...usual]),
    head(['SIP/2.0 200 OK', ...usual]),
    head(['SIP/2.0 999999 OK', ...usual]),
    head([`INVITE sip:${'%'.repeat(2000)} SIP/2.0`, ...usual]),
    head([start, via, `From: ${'<'.repeat(2000)}`, 'To: "', 'Call-ID: x', 'CSeq: x']),
  ];
}

t.test('a flood of strangers costs a call nothing, and leaves nothing', { skip }, async (t) => {
  const room = await rig().openRoom();
  const [phone, other] = [await rig().phone('1001'), await rig().phone('1002', { tone: otherTone })];
  const components = [await rig().register(room.id, '2001'), await rig().register(room.id, '2002')] as const;
  await rig().dial(room.id, components[0], '1001');
  await rig().dial(room.id, components[1], '1002');
  for (const component of components) await rig().reaches(room.id, component, 'in_call');
  await phone.hearsFor(500);
  const before = used();
  await flood(t);
  await throwGarbage();
  await crowd(t);
  for (const component of components) await rig().reaches(room.id, component, 'in_call');
  const after = used();
  t.equal(after.sockets, before.sockets);
  t.ok(after.heap - before.heap < 8, `${before.heap} MB before, ${after.heap} MB after`);
  await rig().hangUp(room.id, components[0]);
  const { heard } = await phone.recorded();
  await rig().hangUp(room.id, components[1]);
  // That of the other telephone: the tones of the room come from this process, which the flood keeps busy, and what is said from telephone
  // to telephone does not pass through it.
  const sound = part(heard, 1500);
  t.ok(meanToneLevel(sound, otherTone) > 0.2, `${meanToneLevel(sound, otherTone)}`);
  const gaps = dropOuts(sound);
  t.ok(gaps <= 0.15 * (soundLength(sound) / 10), `${gaps} gaps in ${soundLength(sound)} ms`);
  for (const each of [phone, other]) await each.switchOff();
  await rig().endRoom(room);
});

/** Requests of strangers, a thousand of each kind within a second. */
async function flood(t: Test): Promise<void> {
  for (const [index, steps] of strangers.entries()) {
    const port = rig().strangerPort(index);
    const sipp = await Sipp.start(t, { steps, port, target: rig().sipPort, calls: 1000, rate: 1000 });
    t.equal((await sipp.ended).code, 0, `scenario ${index}`);
  }
}

async function throwGarbage(): Promise<void> {
  const socket = createSocket('udp4');
  const datagrams = garbage(rig().strangerPort(0));
  for (let round = 0; round < 50; round += 1) {
    for (const datagram of datagrams) {
      await new Promise((sent) => socket.send(datagram, rig().sipPort, '127.0.0.1', sent));
    }
  }
  await new Promise<void>((closed) => socket.close(() => closed()));
}

/** Connections of strangers, who say nothing, garbage, or the same request again and again. */
async function crowd(t: Test): Promise<void> {
  const port = rig().sipPort;
  const whole = Buffer.from(
    `OPTIONS sip:2001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP a.example;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n` +
      'To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n',
  );
  const said = [...garbage(port), Buffer.concat(Array<Buffer>(500).fill(whole))];
  const sockets: Socket[] = [];
  for (let index = 0; index < 100; index += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    sockets.push(socket);
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    if (index % 3 > 0) socket.write(said[index % said.length] ?? '');
  }
  const open = () => sockets.filter(({ closed }) => !closed).length;
  await eventually('most of them are cut off', () => open() <= maxConnections);
  const kept = open();
  for (const socket of sockets) socket.destroy();
  t.ok(kept <= maxConnections, `${kept} are kept, of ${maxConnections} that one address may have`);
}

t.test('a telephone that falls silent is hung up', { skip }, async (t) => {
  const lost = await silent;
  t.match(await lost?.end, { reason: 'media_timeout' });
  if (lost) await rig().endRoom(lost.room);
  t.same(
    rig().server.log.filter(({ severity }) => severity === 'error'),
    [],
  );
});

/** Sockets of this process, which is the server's, and its heap after a collection, in MB. */
function used() {
  collectGarbage();
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
  return { sockets, heap: Math.round(process.memoryUsage().heapUsed / 1e6) };
}
