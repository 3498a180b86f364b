// docs/contracts/jibri.md 4.4: the scopes and texts that orchestrators compare.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sessionBody } from '../../src/jibri/session-body.ts';
import { OutputError } from '../../src/output/program-output.ts';
import { type FailureKind, SessionFailure } from '../../src/recorder/session-failure.ts';
import type { SessionChange } from '../../src/recorder/slot.ts';
import { failed, lastSession, story, withReceiver } from './session-story.ts';

const request: SessionChange['request'] = {
  id: 's',
  room: { id: 'standup' },
  destination: { kind: 'gateway', sipAddress: 'a@b', call: { displayName: '' } },
  limits: { callEmpty: 0, noMedia: 0, allMuted: 0, transport: 0, usage: 0 },
};

t.test('a session without a failure has null members', async (t) => {
  const expected = { sessionId: 's', sipAddress: 'a@b', failure: null, shouldRetry: null };
  for (const [state, status] of [['running', 'ON'] as const, ['ended', 'OFF'] as const]) {
    t.strictSame(sessionBody({ request, state, failure: undefined }), { ...expected, status });
  }
});

t.test('each failure has its text, its scope, and whether another try makes sense', async (t) => {
  const cases: Record<FailureKind, readonly [detail: string, scope: string, shouldRetry: boolean]> = {
    notJoined: ['Failed to join the call', 'SESSION', true],
    noMedia: ['No media received', 'SESSION', true],
    disconnected: ['ICE failed', 'SESSION', true],
    notStarted: ['Ffmpeg failed to start', 'SYSTEM', true],
    broken: ['x', 'SESSION', true],
    refused: ['x', 'SESSION', false],
    targetNotAllowed: ['RTMP URL x is not allowed', 'SESSION', true],
    storage: ['x', 'SYSTEM', true],
    directory: ['Could not creat recordings director', 'SYSTEM', true],
    directoryNotWritable: ['Recordings directory is not writable', 'SYSTEM', true],
    finish: ['Could not write meeting metadata', 'SYSTEM', true],
    remoteBusy: ['Remote side busy', 'SESSION', true],
    gateway: ['Pjsua exited with code 1', 'SESSION', true],
  };
  for (const [kind, [detail, scope, shouldRetry]] of Object.entries(cases)) {
    const failure = new SessionFailure(kind as FailureKind, 'x');
    const body = sessionBody({ request, state: 'ended', failure });
    t.match(body, { status: 'OFF', failure: { reason: 'ERROR', error: { scope, detail } }, shouldRetry }, kind);
  }
});

t.test('failures end the session', async (t) => {
  t.test('failures of the encoder or the target', async (t) => {
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

  t.test('failures of the system make the recorder unhealthy', async (t) => {
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

  t.test('failures of the program', async (t) => {
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

  t.test('failures of the directory', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    await writeFile(join(jibri.folder, 'session-1'), '');
    t.match(await jibri.start(), { status: 200, text: '' });
    t.match(await lastSession(receiver), failed('Could not creat recordings director', 'SYSTEM'));
  });

  t.test('failures of the metadata after the end', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    await mkdir(join(jibri.folder, 'session-1', 'metadata.json'), { recursive: true });
    await jibri.start();
    await jibri.output();
    jibri.play();
    await jibri.stop();
    await receiver.received(6);
    t.strictSame(story(receiver), ['IDLE', 'BUSY', 'ON', 'OFF', 'BUSY!', 'IDLE!']);
  });

  t.test('failures of a refused target, without its key', async (t) => {
    const { receiver, jibri } = await withReceiver(t, { JIBRI_RTMP_ALLOW_LIST: 'rtmp://good/.*,rtmp://fine/.*' });
    const changes = { sinkType: 'stream', rtmpUrl: 'rtmp://evil/a', youTubeStreamKey: 'secret-key' };
    t.match(await jibri.start(changes), { status: 200, text: '' });
    t.match(await lastSession(receiver), failed('RTMP URL rtmp://evil/a/*** is not allowed'));
    t.notMatch(jibri.log.join() + receiver.requests.map(({ body }) => body), /secret-key/);
  });

  t.test('failures of a gateway without SIP', async (t) => {
    const { receiver, jibri } = await withReceiver(t);
    const sipClientParams = { sipAddress: 'sip:a@b.example' };
    t.match(await jibri.start({ sinkType: 'GATEWAY', sipClientParams, callLoginParams: null }), {
      status: 200,
      text: '',
    });
    t.match(await lastSession(receiver), { ...failed('Pjsua exited with code 1'), sipAddress: 'sip:a@b.example' });
    t.equal(jibri.rooms.size, 0);
  });

  t.test('failures of calls on other hosts, and of calls without a name', async (t) => {
    const names = ['', '..', '%2E', 'a/..', '?a', '#a'];
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
