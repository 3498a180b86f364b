// docs/contracts/jod.md 7: a server that is killed while customers have recorders, and the next one.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { SampleMedia } from '../component/file/sample-media.ts';
import { eventually } from '../eventually.ts';
import { postJson } from '../post-json.ts';
import { allGone, RunningProcess } from '../running-process.ts';
import { manifestsIn } from '../storage/media-on-disk.ts';
import { RecordedProgram } from './recorded-program.ts';
import { type NamedRecorder, RecorderCustomer } from './recorder-customer.ts';

t.test('recorders are there again, and what one of them recorded is completed', async (t) => {
  const media = await SampleMedia.open(t);
  await Promise.all([media.h264('picture.h264', { frames: 600 }), media.opus('sound.ogg', 20)]);
  const customer = await RecorderCustomer.open(t, { balance: 10, price: 1, recorders: 3 });
  const recordings = join(media.resources, 'sessions');
  const variables = {
    ...customer.variables,
    FJ_RESOURCES_BASE_PATH: media.resources,
    JIBRI_RECORDING_DIR: recordings,
    JOD_RECORDER_AUTH: 'token',
    SHOAL_WORKERS: '1',
  };
  const first = await (await RunningProcess.start(t, variables)).ready();
  customer.host = first.host;
  await postJson(first.host, '/room', { roomId: 'standup' });
  for (const filePath of ['picture.h264', 'sound.ogg']) {
    await postJson(first.host, '/room/standup/component', { type: 'file', options: { filePath } });
  }
  const recorders = await customer.ordered({ recorders: '2', duration: '3' });
  const [recorder, other] = recorders as [NamedRecorder, NamedRecorder];
  t.not(recorder.recorder_token, other.recorder_token, 'each has a token of its own');
  const { recorder_token: _, ...withoutToken } = recorder;
  t.match(await customer.drive(withoutToken, 'health'), { status: 401, text: '' });
  t.equal(await customer.startSession({ recorder, sessionId: 's1', callName: 'standup' }), 200);
  const directory = join(recordings, `${recorder.recorder_id}_s1`);
  await eventually('some seconds of it', async () => {
    const [part = ''] = (await readdir(directory)).filter((name) => name.endsWith('.mp4.part'));
    return (await stat(join(directory, part))).size > 60_000;
  });
  const children = await first.children();
  first.kill('SIGKILL');
  await first.ended;
  await allGone(children.keys());
  t.equal(await customer.status(recorder), 'gone');

  const second = await (await RunningProcess.start(t, variables)).ready();
  customer.host = second.host;
  for (const each of recorders) {
    await eventually('there again', async () => (await customer.status(each)) === 'IDLE');
    t.match(await customer.drive({ ...each, recorder_token: 'wrong' }, 'health'), { status: 401 });
    const alias = `http://${second.host}/recorders/${each.recorder_id}/jibri/api/v1.0/health`;
    t.equal((await fetch(alias)).status, 401);
    const headers = { authorization: `Bearer ${each.recorder_token}` };
    t.match(await (await fetch(alias, { headers })).json(), { busy: false });
  }
  await eventually('stored', async () => (await manifestsIn(join(recordings, '.sessions')))[0]?.state === 'stored');
  const names = await readdir(directory);
  t.match(names.sort(), [/^metadata\.json$/, /^standup_\d{4}(-\d\d){5}\.mp4$/]);
  t.same(JSON.parse(await readFile(join(directory, 'metadata.json'), 'utf8')), {
    meeting_url: 'https://call.myjitsidomain.com/standup',
    participants: [],
  });
  const program = await RecordedProgram.read(join(directory, names[1] ?? ''));
  t.ok(program.duration > 0.5, `${program.duration} s can be played`);
  const { json } = await customer.order({ duration: '1' });
  t.match(json, { it: 'worked', balance: 3 }, 'the balance is what it was');
  t.match(await customer.callback(json.deployment_id), { it: 'worked' });
  t.equal(customer.callbacks.length, 2, 'each order has one callback');
});
