// Streams of recorders to a real RTMP server: docs/contracts/jibri.md 4.4 and 7.
import t from 'tap';
import { RtmpServer } from '../output/rtmp/rtmp-server.ts';
import { RealRecorders } from './real-recorders.ts';
import { RecordedProgram } from './recorded-program.ts';

const recorders = await RealRecorders.start(t, { JIBRI_RTMP_ALLOW_LIST: 'rtmp://127\\.0\\.0\\.1:\\d+/.*' });
const { jibri, receiver } = recorders;
const room = await recorders.room('on-air');
const watch = recorders.watch(room);
await recorders.participant(room, { colour: 'red', tone: 440 });
t.teardown(() => watch.close());

const stream = (sessionId: string, target: Record<string, unknown>) =>
  recorders.start('on-air', { sessionId, sinkType: 'stream', ...target });
const shown = () => jibri.log.join() + receiver.requests.map(({ body }) => body);

t.test('a stream survives a restart of its server', async (t) => {
  const server = await RtmpServer.start(t);
  await stream('back', { rtmpUrl: `rtmp://127.0.0.1:${server.port}/live`, youTubeStreamKey: 'the-key' });
  await recorders.until('back', 'ON');
  await watch.play(1);
  await server.kill();
  await watch.play(1);
  t.match(await jibri.health(), /"BUSY"/, 'it is sought');
  await server.run();
  let recordings = await server.recorded();
  const before = recordings.length;
  for (let round = 0; round < 300 && recordings.length === before; round += 1) {
    await watch.play(0.1);
    recordings = await server.recorded();
  }
  await watch.play(2);
  t.equal(await recorders.stop(), 200);
  await server.quit();
  t.match(recorders.told('back'), [{ status: 'ON' }, { status: 'OFF', failure: null }]);
  const program = await RecordedProgram.read(recordings.at(-1) ?? '');
  t.ok(program.share('red') > 0.3 && program.loudness(440) > 10 * program.loudness(3300), 'seen and heard again');
  t.notMatch(shown(), /the-key/);
});

t.test('targets that refuse, and refused ones, fail the session', async (t) => {
  const server = await RtmpServer.start(t);
  const base = `rtmp://127.0.0.1:${server.port}`;
  const cases = [
    ['closed', { rtmpUrl: `${base}/closed`, youTubeStreamKey: 'secret-key' }, /Input\/output error$/, false],
    ['unknown', { rtmpUrl: `${base}/nowhere`, youTubeStreamKey: 'secret-key' }, /Input\/output error$/, false],
    ['literal', { youTubeStreamKey: `${base}/closed/secret-key` }, /Input\/output error$/, false],
    ['line', { rtmpUrl: `${base}/live`, youTubeStreamKey: 'secret-key\nx' }, /is not valid$/, false],
    ['forbidden', { rtmpUrl: 'rtmp://evil.example/live/secret-key' }, /^RTMP URL .* is not allowed$/, true],
    ['pipe', { rtmpUrl: 'pipe:1|[f=flv]/tmp/secret-key' }, /^RTMP URL .* is not allowed$/, true],
    ['credentials', { rtmpUrl: `${base}/closed/k`, username: 'me', password: 'secret-key' }, /error$/, false],
  ] as const;
  for (const [sessionId, target, detail, shouldRetry] of cases) {
    await stream(sessionId, target);
    const failure = { reason: 'ERROR', error: { scope: 'SESSION', detail } };
    t.match(await recorders.until(sessionId, 'OFF'), { failure, shouldRetry }, sessionId);
    await recorders.stop();
    t.match(await jibri.health(), /"IDLE".*"HEALTHY"/);
  }
  t.notMatch(shown(), /secret-key/, 'no key is shown');
});

t.test('stream keys of all kinds arrive unchanged', async (t) => {
  const server = await RtmpServer.start(t);
  const keys = [`'"; rm -rf ~ #`, '[f=mp4:onfail=ignore]pipe:1|[f=flv]x', '$(id)`id`%n', 'a b?c=d&e=f', '-i -f null'];
  for (const [index, key] of keys.entries()) {
    await stream(`key-${index}`, { rtmpUrl: `rtmp://127.0.0.1:${server.port}/live`, youTubeStreamKey: key });
    t.match(await recorders.until(`key-${index}`, 'ON', 'OFF'), { status: 'ON' }, key);
    await recorders.stop();
  }
  await server.quit();
  t.equal((await server.recorded()).length, keys.length);
  for (const key of keys) t.notOk(shown().includes(key) || shown().includes(JSON.stringify(key).slice(1, -1)), key);
});
