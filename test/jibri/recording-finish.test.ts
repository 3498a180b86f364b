import { once } from 'node:events';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { FinalizeScript } from '../../src/jibri/finalize-script.ts';
import { RecordingFinish } from '../../src/jibri/recording-finish.ts';
import { sessionBody } from '../../src/jibri/session-body.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { RunningJibri } from './running-jibri.ts';

t.test('a directory has the metadata of its recording, and the finalize script gets it', async (t) => {
  const folder = t.testdir({
    'finalize.sh': '#!/bin/sh\nyes noise | head -c 3000000\necho "$#" > "$1/count"\nexit 3\n',
  });
  const script = join(folder, 'finalize.sh');
  await chmod(script, 0o755);
  const jibri = await RunningJibri.start(t, { JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: script });
  const room = await jibri.rooms.get(await jibri.api.createRoom({ roomId: 'standup' }));
  const early = room.addPeer({ enableSimulcast: false });
  room.joinPeer(early, { displayName: 'Ada' });
  const serviceParams = {
    appData: { file_recording_metadata: { upload: 'x', participants: 1 }, fileRecordingMetadata: { more: [2] } },
  };
  const callUrlInfo = { baseUrl: 'https://m.example/', callName: 'standup', urlParams: ['jwt=1', 'b'] };
  await jibri.start({ sessionId: 'a/../b', serviceParams, callParams: { callUrlInfo } });
  await jibri.output();
  const late = room.addPeer({ enableSimulcast: false });
  room.joinPeer(late, null);
  jibri.play();
  await jibri.stop();
  const directory = join(jibri.folder, 'a____b');
  const metadata = JSON.parse(await readFile(join(directory, 'metadata.json'), 'utf8'));
  t.match(metadata, { meeting_url: 'https://m.example/standup#jwt=1&b', upload: 'x', more: [2] });
  t.equal(await readFile(join(directory, 'count'), 'utf8'), '1\n', 'the script got the directory only, and may fail');
  t.match(await jibri.health(), /"IDLE".*"HEALTHY"/);
  await jibri.start({ sessionId: 'nothing' });
  await jibri.output(1);
  await jibri.stop();
  t.notOk((await readdir(jibri.folder)).includes('nothing'), 'without a picture nothing is left');
});

t.test('the finalize script runs although the metadata cannot be written', async (t) => {
  const folder = t.testdir({ 'finalize.sh': '#!/bin/sh\ntouch "$1/finalized"\n' });
  await chmod(join(folder, 'finalize.sh'), 0o755);
  const finish = new RecordingFinish(new FinalizeScript(join(folder, 'finalize.sh'), pino({ enabled: false })));
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  await t.rejects(finish.run(folder, circle), { name: 'SessionFailure' });
  t.ok((await readdir(folder)).includes('finalized'));
});

t.test('a slow finalize script keeps the slot busy, an invalid one does not', async (t) => {
  const folder = t.testdir({ 'finalize.sh': '#!/bin/sh\nwhile [ ! -e "$1/go" ]; do sleep 0.02; done\n' });
  const script = join(folder, 'finalize.sh');
  await chmod(script, 0o755);
  const jibri = await RunningJibri.start(t, { JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: script });
  await jibri.start();
  await jibri.output();
  jibri.play();
  const ended = once(jibri.jibri.slots.default.observer, 'session');
  let responded = false;
  const stop = jibri.stop().then((reply) => {
    responded = true;
    return reply;
  });
  t.match((await ended).map(sessionBody), [{ status: 'OFF', failure: null }]);
  t.match(await jibri.health(), /"busy":true.*"BUSY"/);
  t.notOk(responded, 'the stop waits for it');
  await writeFile(join(jibri.folder, 'session-1', 'go'), '');
  t.match(await stop, { status: 200 });
  const other = await RunningJibri.start(t, { JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: '/nowhere/finalize' });
  await other.start();
  await other.output();
  other.play();
  t.match(await other.stop(), { status: 200 });
  t.match(await other.health(), /"IDLE".*"HEALTHY"/);
});

t.test('what a finalize script leaves in the background continues', async (t) => {
  const background = 'while [ ! -e "$1/go" ]; do sleep 0.02; done; touch "$1/done"';
  const folder = t.testdir({ 'finalize.sh': `#!/bin/sh\n(${background}) &\n` });
  const script = join(folder, 'finalize.sh');
  await chmod(script, 0o755);
  const jibri = await RunningJibri.start(t, { JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: script });
  await jibri.start();
  await jibri.output();
  jibri.play();
  t.match(await jibri.stop(), { status: 200 });
  const directory = join(jibri.folder, 'session-1');
  await writeFile(join(directory, 'go'), '');
  await eventually('what the script left in the background ends', async () =>
    (await readdir(directory)).includes('done'),
  );
});

t.test('a file that takes long to complete is waited for', async (t) => {
  const clock = new HeldClock();
  const jibri = await RunningJibri.start(t, {}, { clock });
  await jibri.start();
  const output = await jibri.output();
  jibri.play();
  let complete = () => {};
  output.closing = new Promise((resolve) => {
    complete = resolve;
  });
  const ended = once(jibri.jibri.slots.default.observer, 'session');
  const stop = jibri.stop();
  // The limits of the session, which go, and the time that it has to complete its media.
  let off = false;
  void ended.then(() => {
    off = true;
  });
  for (let turn = 0; turn < 100 && !off; turn += 1) {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.match((await ended).map(sessionBody), [{ status: 'OFF', failure: null }], 'orchestrators are told');
  t.match(await jibri.health(), /"BUSY"/);
  complete();
  t.match(await stop, { status: 200 });
  const names = await readdir(join(jibri.folder, 'session-1'));
  t.ok(names.some((name) => name.endsWith('.mp4')) && names.includes('metadata.json'));
});
