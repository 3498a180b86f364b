// A room that was to be recorded as one frame is not called stored without it.
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import type { Logger } from '../../../src/log/logger.ts';
import { WorkerProcess } from '../../../src/process/worker-process.ts';
import type { FromComposer, ToComposer } from '../../../src/program/composer-message.ts';
import { MediaStore } from '../../../src/storage/media-store.ts';
import { childrenOf } from '../../child-processes.ts';
import { eventually } from '../../eventually.ts';
import { decoderComplaints, mediaLength } from '../../recorded-media.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';
import { RecordingRoom } from './recording-room.ts';
import { ScriptedComponent } from './scripted-component.ts';

const video = await videoScript({ source: 'testsrc2=s=320x180:r=30', duration: 2, frameRate: 30 });
const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 2);

/** A composer that cannot be started. */
const brokenComposer = (logger: Logger) =>
  new WorkerProcess<ToComposer, FromComposer>({
    ...{ name: 'composer', program: '/nowhere/main.ts', stop: { type: 'stop' }, logger },
  });

/** Records two tracks for a second and a half without composing them. @returns the recording */
async function recordTracks(t: Test, room: RecordingRoom) {
  const publisher = await ScriptedComponent.join(room.world.room);
  const { component } = await room.record({ composed: true });
  await publisher.publish([
    ['h264', video],
    ['opus', audio],
  ]);
  const [folder = ''] = await room.parts();
  const tracks = async () => Object.keys((await readReport(folder))?.tracks ?? {});
  await eventually('two tracks', async () => (await tracks()).length === 2);
  for (const name of await tracks()) {
    await eventually(`media in ${name}`, async () => (await mediaLength(join(folder, name))) > 1.5);
  }
  t.match(await manifestAt(folder), { state: 'recording', details: { composed: true } });
  return { folder, component };
}

async function assertComposite(t: Test, folder: string): Promise<void> {
  t.match(await manifestAt(folder), { state: 'stored', reason: undefined, files: { 'room.mp4': { size: Number } } });
  const composite = join(folder, 'room.mp4');
  t.equal(await decoderComplaints(composite), '');
  t.ok((await mediaLength(composite)) > 1.2);
  t.same(
    (await readdir(folder)).filter((name) => name.endsWith('.part')),
    [],
  );
}

t.test('without a composer the tracks are recorded, and composed afterwards', async (t) => {
  const room = await RecordingRoom.open(t, {}, {}, brokenComposer);
  const { folder, component } = await recordTracks(t, room);
  await room.end(component);
  await assertComposite(t, folder);
  t.ok(room.log.some((line) => line.includes('made of its tracks')));
});

t.test('a composite that cannot be made is made by the next server', async (t) => {
  const room = await RecordingRoom.open(t, {}, {}, brokenComposer);
  const { folder, component } = await recordTracks(t, room);
  const obstacle = join(folder, 'room.mp4.whole.part');
  await mkdir(obstacle);
  await room.end(component);
  t.match(await manifestAt(folder), { state: 'failed', reason: 'The room could not be composed.' });
  t.ok(room.log.some((line) => line.includes('stays without its composition')));
  await rmdir(obstacle);

  const store = await MediaStore.open(room.storeOptions);
  t.teardown(() => store.close());
  await store.settled();
  await assertComposite(t, folder);
});

t.test('a composer killed while it finishes leaves a playable composite', async (t) => {
  const room = await RecordingRoom.open(t);
  const { folder, component } = await recordTracks(t, room);
  const part = join(folder, 'room.mp4.part');
  await eventually('a composite', async () => (await mediaLength(part)) > 1.2);
  const [worker = 0] = childrenOf(process.pid, 'composer');
  process.kill(worker, 'SIGSTOP');
  const ending = room.end(component);
  process.kill(worker, 'SIGKILL');
  await ending;
  await assertComposite(t, folder);
});
