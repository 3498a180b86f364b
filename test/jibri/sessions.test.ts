// docs/contracts/jibri.md 4 to 6, 8 and 10: what becomes of sessions, and what orchestrators are told.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import jsonwebtoken from 'jsonwebtoken';
import t from 'tap';
import { sessionBody } from '../../src/jibri/session-body.ts';
import { OutputError } from '../../src/output/program-output.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { Receiver } from '../net/receiver.ts';
import { RunningJibri, startBody } from './running-jibri.ts';
import { failed, lastSession, story, told, withReceiver } from './session-story.ts';

t.test('a session from its start to its end', async (t) => {
  const { receiver, jibri } = await withReceiver(t);
  await jibri.start();
  const output = await jibri.output();
  jibri.play();
  await receiver.received(3);
  await jibri.stop();
  await receiver.received(5);
  t.strictSame(story(receiver), ['IDLE', 'BUSY', 'ON', 'OFF', 'IDLE']);
  t.ok(output.closed);
  const [status, , on] = receiver.requests.map(({ path, headers, body }) => ({
    path,
    type: headers['content-type'],
    text: body.toString(),
  }));
  const healthy = '"status":{"busyStatus":"IDLE","health":{"healthStatus":"HEALTHY","details":{}}}';
  t.strictSame(status, { path: '/hook/v1/status', type: 'application/json', text: `{"jibriId":"rec",${healthy}}` });
  const session = '{"sessionId":"session-1","status":"ON","sipAddress":null,"failure":null,"shouldRetry":null}';
  t.strictSame(on, {
    path: '/hook/v1/session/status',
    type: 'application/json',
    text: `{"jibriId":"rec","session":${session}}`,
  });
});

t.test('every accepted start is followed by one OFF', async (t) => {
  const { receiver, jibri } = await withReceiver(t, { JIBRI_AUTO_CREATE_ROOM: 'false' });
  await jibri.start();
  await jibri.stop();
  await receiver.received(4);
  t.strictSame(story(receiver), ['IDLE', 'BUSY', 'OFF', 'IDLE']);
  t.match(told(receiver)[2]?.body.session, { failure: null, shouldRetry: null });
});

t.test('failures', async (t) => {
  t.test('of the encoder or the target', async (t) => {
    const cases = [
      [new OutputError('refused', 'x: Input/output error'), failed('x: Input/output error', 'SESSION', false)],
      [new OutputError('broken', 'x: Broken pipe'), failed('x: Broken pipe')],
    ] as const;
    for (const [error, expected] of cases) {
      const { receiver, jibri } = await withReceiver(t);
      await jibri.start({ sinkType: 'stream', youTubeStreamKey: 'k' });
      (await jibri.output()).observer.emit('failed', error);
      t.match(await lastSession(receiver), expected);
      await jibri.until('IDLE');
      t.match(await jibri.health(), /"HEALTHY"/);
    }
  });

  t.test('of the system make it unhealthy for good', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    await jibri.start();
    (await jibri.output()).observer.emit('failed', new OutputError('storage', 'no space'));
    t.match(await lastSession(receiver), failed('no space', 'SYSTEM'));
    await receiver.received(5);
    t.strictSame(story(receiver), ['IDLE', 'BUSY', 'OFF', 'BUSY!', 'IDLE!']);
    const details = '"details":{"JibriManager":{"healthStatus":"UNHEALTHY","detail":""}}';
    t.match(await jibri.health(), `"busyStatus":"IDLE","health":{"healthStatus":"UNHEALTHY",${details}`);
    t.match(await jibri.start(), { status: 200 }, 'it takes the next one all the same');
  });

  t.test('of the program', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    await jibri.start();
    await jibri.output();
    jibri.play();
    jibri.breakProgram(new Error('The composer broke.'));
    t.match(await lastSession(receiver), failed('The composer broke.'));
    await jibri.until('IDLE');
    t.match(await jibri.health(), /"HEALTHY"/, 'an encoder that died is the trouble of one session');
    const other = await withReceiver(t, { JIBRI_ENABLE_PROMETHEUS: 'true' });
    await other.jibri.start();
    await other.jibri.output();
    other.jibri.breakProgram(new Error('There is no ffmpeg.'));
    t.match(await lastSession(other.receiver), failed('Ffmpeg failed to start', 'SYSTEM'));
    await other.jibri.until('IDLE');
    t.match(await other.jibri.health(), /"UNHEALTHY"/, 'one that does not start is that of the machine');
    const { text } = await other.jibri.ask('GET', '//metrics');
    t.match(text, /^jitsi_jibri_errors 1$/m);
    t.match(text, /^jitsi_jibri_healthy 0$/m);
  });

  t.test('of the directory', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    await writeFile(join(jibri.folder, 'session-1'), '');
    t.match(await jibri.start(), { status: 200, text: '' });
    t.match(await lastSession(receiver), failed('Could not creat recordings director', 'SYSTEM'));
  });

  t.test('of the metadata come after the end', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    await mkdir(join(jibri.folder, 'session-1', 'metadata.json'), { recursive: true });
    await jibri.start();
    await jibri.output();
    jibri.play();
    await jibri.stop();
    await receiver.received(6);
    t.strictSame(story(receiver), ['IDLE', 'BUSY', 'ON', 'OFF', 'BUSY!', 'IDLE!']);
  });

  t.test('of a target that is not allowed, without its key', async (t) => {
    const { receiver, jibri } = await withReceiver(t, { JIBRI_RTMP_ALLOW_LIST: 'rtmp://good/.*,rtmp://fine/.*' });
    const changes = { sinkType: 'stream', rtmpUrl: 'rtmp://evil/a', youTubeStreamKey: 'secret-key' };
    t.match(await jibri.start(changes), { status: 200, text: '' });
    t.match(await lastSession(receiver), failed('RTMP URL rtmp://evil/a/*** is not allowed'));
    t.notMatch(jibri.log.join() + receiver.requests.map(({ body }) => body), /secret-key/);
  });

  t.test('of a gateway without SIP', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    const sipClientParams = { sipAddress: 'sip:a@b.example' };
    t.match(await jibri.start({ sinkType: 'GATEWAY', sipClientParams, callLoginParams: null }), {
      status: 200,
      text: '',
    });
    t.match(await lastSession(receiver), { ...failed('Pjsua exited with code 1'), sipAddress: 'sip:a@b.example' });
    t.equal(jibri.rooms.size, 0);
  });

  t.test('of calls that are not ours', async (t) => {
    const names = ['', '..', 'a b', '%00', 'é', '{}', 'x\n'];
    const { receiver, jibri } = await withReceiver(t, { JIBRI_CALL_HOSTS: 'meet.example.org' });
    const calls = names.map((callName) => ({ baseUrl: 'https://meet.example.org', callName }));
    for (const callUrlInfo of [...calls, { baseUrl: 'https://evil.org', callName: 'a' }]) {
      receiver.requests.length = 0;
      t.match(await jibri.start({ callParams: { callUrlInfo } }), { status: 200 }, JSON.stringify(callUrlInfo));
      t.match(await lastSession(receiver), failed('Failed to join the call'));
      await jibri.until('IDLE');
    }
    t.equal(jibri.rooms.size, 0);
  });
});

t.test('a call that does not come up', async (t) => {
  const clock = new HeldClock();
  const jibri = await RunningJibri.start(t, { JIBRI_AUTO_CREATE_ROOM: 'false' }, { clock });
  const ended = once(jibri.jibri.slots.default.observer, 'session');
  await jibri.start();
  // Beside the second look for cut off sessions, and the journal of this one.
  await clock.whenPending(3);
  clock.advance(30_000);
  const [change] = await ended;
  t.match(sessionBody(change), { status: 'OFF', failure: { error: { detail: 'Failed to join the call' } } });
  await jibri.until('IDLE');
  await jibri.start({ sessionId: 'two' });
  await clock.whenPending(3);
  await jibri.api.createRoom({ roomId: 'STANDUP' });
  t.match((await jibri.output()).path, /standup_/, 'a room that appears is taken');
  await jibri.stop();
});

t.test('rooms', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_SLOTS: '2' });
  const [, second] = jibri.ports;
  await jibri.start();
  await jibri.output(0);
  t.strictSame(
    jibri.rooms.list().map(({ id }) => id),
    ['standup'],
    'are made',
  );
  await jibri.ask('POST', 'startService', startBody({ sessionId: 'two' }), { port: second });
  await jibri.output(1);
  await jibri.stop();
  t.equal(jibri.rooms.size, 1, 'and stay while somebody records them');
  await jibri.ask('POST', 'stopService', '', { port: second });
  t.equal(jibri.rooms.size, 0, 'then they go');
  await jibri.start();
  await jibri.output(2);
  const room = jibri.rooms.get('standup');
  room.addPeer({ enableSimulcast: false });
  t.strictSame(
    [...room.components.values()].map(({ type }) => type),
    ['recording'],
    'show the recorder',
  );
  await jibri.stop();
  t.equal(jibri.rooms.size, 1, 'unless somebody is there');
  t.equal(room.components.size, 0);
  await jibri.start();
  await jibri.output(3);
  const over = jibri.until('IDLE');
  await jibri.rooms.delete('standup');
  await over;
  t.equal(await jibri.health().then((text) => text.includes('UNHEALTHY')), false, 'a deleted room is an empty one');
});

t.test('participants', async (t) => {
  const jibri = await RunningJibri.start(t);
  const room = jibri.rooms.get(await jibri.api.createRoom({ roomId: 'standup' }));
  const early = room.addPeer({ enableSimulcast: false });
  room.joinPeer(early, { displayName: 'Ada' });
  await jibri.start();
  await jibri.output();
  const late = room.addPeer({ enableSimulcast: false });
  room.joinPeer(late, null);
  jibri.play();
  await jibri.stop();
  const { participants } = JSON.parse(await readFile(join(jibri.folder, 'session-1', 'metadata.json'), 'utf8'));
  t.strictSame(participants, [
    { user: { id: early.id, name: 'Ada' }, metadata: { displayName: 'Ada' } },
    { user: { id: late.id, name: late.id }, metadata: null },
  ]);
});

t.test('single use', async (t) => {
  const { receiver, jibri } = await withReceiver(t, { JIBRI_SINGLE_USE_MODE: 'true' });
  await jibri.start();
  await jibri.stop();
  await receiver.received(4);
  t.strictSame(story(receiver), ['IDLE', 'BUSY', 'OFF', 'EXPIRED']);
  t.match(await jibri.health(), '{"busy":true,"status":{"busyStatus":"EXPIRED",');
  t.match(await jibri.start(), { status: 412, text: 'Jibri is currently busy' });
});

t.test('the internal API', async (t) => {
  const ask = (jibri: RunningJibri, name: string, method = 'POST') =>
    jibri.ask(method, `//jibri/api/internal/v1.0/${name}`, undefined, { port: jibri.ports.at(-1) });
  const jibri = await RunningJibri.start(t);
  for (const [method, name, status] of [
    ['GET', 'shutdown', 405],
    ['POST', 'nothing', 404],
    ['POST', 'shutdown/', 404],
  ] as const) {
    t.match(await ask(jibri, name, method), { status, text: '' });
  }
  await jibri.start();
  t.match(await ask(jibri, 'gracefulShutdown'), { status: 200, text: '' });
  t.match(await jibri.health(), /"BUSY"/, 'until the session is over');
  await jibri.stop();
  t.match(await jibri.health(), /"EXPIRED"/);
  const renewed = jibri.until('IDLE');
  t.match(await ask(jibri, 'notifyConfigChanged'), { status: 200, text: '' });
  await renewed;
  await jibri.start();
  const expired = jibri.until('EXPIRED');
  t.match(await ask(jibri, 'shutdown'), { status: 200, text: '' });
  await expired;
  t.strictSame(jibri.exits, []);
  const replaced = await RunningJibri.start(t);
  await replaced.start();
  await ask(replaced, 'gracefulShutdown');
  await ask(replaced, 'notifyConfigChanged');
  await replaced.stop();
  t.match(await replaced.health(), /"IDLE"/, 'the later one counts');
  const exiting = await RunningJibri.start(t, { JIBRI_INTERNAL_EXIT: 'true', JIBRI_SLOTS: '2' });
  await exiting.ask('POST', 'startService', startBody(), { port: exiting.ports[1] });
  await ask(exiting, 'gracefulShutdown');
  await exiting.until('EXPIRED');
  t.strictSame(exiting.exits, [], 'another slot is in use');
  await exiting.ask('POST', 'stopService', '', { port: exiting.ports[1] });
  t.strictSame(exiting.exits, [255]);
  const restarting = await RunningJibri.start(t, { JIBRI_INTERNAL_EXIT: 'true' });
  const settled = once(restarting.jibri.slots.default.observer, 'settled');
  await ask(restarting, 'notifyConfigChanged');
  await settled;
  t.strictSame(restarting.exits, [0], 'so that it is started with the new configuration');
});

t.test('draining', async (t) => {
  const { receiver, jibri } = await withReceiver(t);
  const headers = { authorization: 'Bearer development' };
  const path = '//recorders/rec/jibri/api/internal/v1.0/gracefulShutdown';
  t.match(await jibri.ask('POST', path, undefined, { port: jibri.api.port, headers: {} }), { status: 401 });
  await jibri.start();
  t.match(await jibri.ask('POST', path, undefined, { port: jibri.api.port, headers }), { status: 200, text: '' });
  t.match(await jibri.start(), { status: 412 });
  await jibri.stop();
  await receiver.received(4);
  t.strictSame(story(receiver), ['IDLE', 'BUSY', 'OFF', 'EXPIRED'], 'it is not idle in between');
});

t.test('webhooks', async (t) => {
  t.test('are given up after two seconds', async (t) => {
    const receiver = await Receiver.start(t);
    receiver.script.push(() => undefined);
    const jibri = await RunningJibri.start(t, { JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url });
    await receiver.received(1);
    t.match(await jibri.start(), { status: 200 }, 'nobody waits for them');
    await receiver.received(2);
    t.ok(jibri.log.some((line) => line.includes('could not be reached')));
  });

  t.test('come every minute', async (t) => {
    const receiver = await Receiver.start(t);
    const clock = new HeldClock();
    await RunningJibri.start(t, { JIBRI_WEBHOOK_SUBSCRIBERS: `${receiver.url}/` }, { clock });
    await receiver.received(1);
    clock.advance(60_000);
    await receiver.received(2);
    t.strictSame(story(receiver), ['IDLE', 'IDLE']);
  });

  t.test('bear a token that is renewed', async (t) => {
    const receiver = await Receiver.start(t);
    const clock = new HeldClock(Date.now());
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const tokenKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const variables = {
      JIBRI_JWT_KEY_PATH: '/k',
      JIBRI_JWT_KID: 'kid-1',
      JIBRI_JWT_ISSUER: 'i',
      JIBRI_JWT_AUDIENCE: 'a',
    };
    const subscribers = { JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url, JIBRI_JWT_TTL: '60' };
    await RunningJibri.start(t, { ...variables, ...subscribers }, { clock, tokenKey });
    await receiver.received(1);
    for (let minute = 2; minute <= 8; minute += 1) {
      clock.advance(60_000);
      await receiver.received(minute);
    }
    const tokens = receiver.requests.map(({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '');
    const verify = (token: string) =>
      jsonwebtoken.verify(token, publicKey, { algorithms: ['RS256'], complete: true, ignoreExpiration: true });
    const { header, payload } = verify(tokens[0] ?? '');
    t.match(header, { alg: 'RS256', kid: 'kid-1' });
    const { iss, aud, iat = 0, exp = 0 } = payload as jsonwebtoken.JwtPayload;
    t.strictSame([iss, aud, exp - iat], ['i', 'a', 600], 'no shorter than ten minutes');
    t.equal(new Set(tokens).size, 2, 'a new one in time');
  });

  t.test('are signed with a new key when the configuration has changed', async (t) => {
    const receiver = await Receiver.start(t);
    const pairs = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
    const [before = '', after = ''] = pairs.map(({ privateKey }) =>
      privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    );
    const variables = { JIBRI_JWT_KEY_PATH: '/k', JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url };
    let read = () => {};
    const wasRead = new Promise<void>((resolve) => {
      read = resolve;
    });
    const readTokenKey = async () => {
      read();
      return after;
    };
    const jibri = await RunningJibri.start(t, variables, { tokenKey: before, readTokenKey });
    await receiver.received(1);
    const path = '//jibri/api/internal/v1.0/notifyConfigChanged';
    t.match(await jibri.ask('POST', path, undefined, { port: jibri.ports.at(-1) }), { status: 200, text: '' });
    await wasRead;
    await new Promise((resolve) => setImmediate(resolve));
    await jibri.start();
    await receiver.received(2);
    const [first, second] = receiver.requests.map(
      ({ headers }) => headers.authorization?.slice('Bearer '.length) ?? '',
    );
    t.ok(jsonwebtoken.verify(first ?? '', pairs[0]?.publicKey ?? '', { algorithms: ['RS256'] }));
    t.ok(jsonwebtoken.verify(second ?? '', pairs[1]?.publicKey ?? '', { algorithms: ['RS256'] }));
  });

  t.test('of one subscriber come in order, and delay nobody', async (t) => {
    const slow = await Receiver.start(t);
    const quick = await Receiver.start(t);
    const answers: (() => void)[] = [];
    const hold = (response: { end(): void }) => void answers.push(() => response.end());
    slow.script.push(hold as never);
    quick.script.push(((response: { writeHead(status: number): { end(): void } }) =>
      response.writeHead(404).end()) as never);
    const urls = [slow.url, quick.url].join(',');
    const jibri = await RunningJibri.start(t, { JIBRI_WEBHOOK_SUBSCRIBERS: urls });
    await jibri.start();
    await jibri.stop();
    await quick.received(4);
    t.equal(slow.requests.length, 1, 'the next one waits');
    for (const answer of answers) answer();
    await slow.received(4);
    t.strictSame(story(slow), ['IDLE', 'BUSY', 'OFF', 'IDLE']);
  });
});
