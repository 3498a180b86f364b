// docs/contracts/jibri.md 4.5 and 5: what orchestrators are told.
import { generateKeyPairSync } from 'node:crypto';
import { queryObjects } from 'node:v8';
import jsonwebtoken from 'jsonwebtoken';
import t from 'tap';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { collectGarbage } from '../garbage-collection.ts';
import { Receiver } from '../net/receiver.ts';
import { RunningJibri } from './running-jibri.ts';
import { story, told, withReceiver } from './session-story.ts';

t.test('subscribers are told of a session from its start to its end', async (t) => {
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

t.test('webhooks are sent', async (t) => {
  t.test('webhooks are aborted after two seconds', async (t) => {
    const receiver = await Receiver.start(t);
    receiver.script.push(() => undefined);
    const clock = new HeldClock();
    const jibri = await RunningJibri.start(t, { JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url }, { clock });
    await receiver.received(1);
    t.match(await jibri.start(), { status: 200 }, 'nobody waits for them');
    clock.advance(1999);
    t.equal(receiver.requests.length, 1);
    clock.advance(1);
    await receiver.received(2);
    t.ok(jibri.log.some((line) => line.includes('could not be reached')));
  });

  t.test('webhooks are repeated every minute', async (t) => {
    const receiver = await Receiver.start(t);
    const clock = new HeldClock();
    await RunningJibri.start(t, { JIBRI_WEBHOOK_SUBSCRIBERS: `${receiver.url}/` }, { clock });
    await receiver.received(1);
    clock.advance(60_000);
    await receiver.received(2);
    t.strictSame(story(receiver), ['IDLE', 'IDLE']);
  });

  t.test('nothing of webhooks stays in memory', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    const signals = () => {
      collectGarbage();
      return queryObjects(AbortSignal, { format: 'count' });
    };
    const before = signals();
    for (let count = 0; count < 25; count += 1) {
      jibri.jibri.slots.default.whenIdle('expire');
      jibri.jibri.slots.default.whenIdle('renew');
    }
    await receiver.received(51);
    await eventually('they are forgotten', () => signals() < before + 25);
  });

  t.test('webhooks have a token that is renewed', async (t) => {
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
    await RunningJibri.start(t, { ...variables, ...subscribers }, { clock, readTokenKey: async () => tokenKey });
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

  t.test('webhooks are signed with a new key after a change of the configuration', async (t) => {
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
    const keys = [before];
    const readTokenKey = async () => {
      const key = keys.shift();
      if (key === undefined) read();
      return key ?? after;
    };
    const jibri = await RunningJibri.start(t, variables, { readTokenKey });
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

  t.test('webhooks of one subscriber come in order and delay no other', async (t) => {
    const slow = await Receiver.start(t);
    const quick = await Receiver.start(t);
    const replies: (() => void)[] = [];
    const hold = (response: { end(): void }) => void replies.push(() => response.end());
    slow.script.push(hold as never);
    quick.script.push(((response: { writeHead(status: number): { end(): void } }) =>
      response.writeHead(404).end()) as never);
    const urls = [slow.url, quick.url].join(',');
    const jibri = await RunningJibri.start(t, { JIBRI_WEBHOOK_SUBSCRIBERS: urls });
    await jibri.start();
    await jibri.stop();
    await quick.received(4);
    t.equal(slow.requests.length, 1, 'the next one waits');
    for (const reply of replies) reply();
    await slow.received(4);
    t.strictSame(story(slow), ['IDLE', 'BUSY', 'OFF', 'IDLE']);
  });
});
