import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PortBlock } from '../../port-block.ts';
import { CameraRoom, type TappedTrack } from './camera-room.ts';
import { cameraPipeline, type Mount, RtspServer, type RtspServerOptions } from './rtsp-server.ts';

async function serve(t: Test, options: Partial<RtspServerOptions> & { mount: Mount }): Promise<RtspServer> {
  const { mount, ...others } = options;
  const server = await RtspServer.start({ mounts: { '/cam': mount }, ...others });
  t.teardown(() => server.kill());
  return server;
}

/** Timestamps from packet to packet, without repeated ones. */
function steps({ packets }: TappedTrack): number[] {
  const times = packets.map(({ timestamp }) => timestamp);
  return times
    .slice(1)
    .map((time, index) => (time - (times[index] ?? 0)) | 0)
    .filter((step) => step !== 0);
}

for (const protocols of ['udp', 'tcp'] as const) {
  t.test(`every frame of a camera arrives over ${protocols}`, async (t) => {
    const server = await serve(t, { mount: { launch: cameraPipeline(), protocols } });
    const room = await CameraRoom.open(t);
    const rtsp = await room.play({ sourceUri: server.url('/cam'), rtpPort: (await PortBlock.claim(t)).min });
    const recording = await room.tap(rtsp, 'video');
    await recording.morePictures(50);
    t.same(await recording.decode(), { pictures: 50, complaints: '' });
    t.ok(
      steps(recording).every((step) => step > 3000 && step < 4200),
      '25 pictures per second',
    );
  });
}

for (const authentication of ['basic', 'digest'] as const) {
  t.test(`${authentication} authentication works`, async (t) => {
    const user = 'viewer';
    const password = 'p@ss:wörd';
    const server = await serve(t, { mount: { launch: cameraPipeline() }, authentication, user, password });
    const room = await CameraRoom.open(t);
    await room.add({ sourceUri: server.url('/cam', user, 'wrong'), reconnectDelay: 60_000 });
    await room.add({ sourceUri: server.url('/cam'), reconnectDelay: 60_000 });
    await room.fails('unauthorized', 2);
    const rtsp = await room.play({ sourceUri: server.url('/cam', user, password) });
    await (await room.tap(rtsp, 'video')).morePictures(3);
    t.notMatch(JSON.stringify(room.log), /wrong|w(ö|%C3%B6)rd/, 'no passwords in the log');
  });
}

t.test('a missing stream is retried', async (t) => {
  const server = await serve(t, { mount: { launch: cameraPipeline() } });
  const room = await CameraRoom.open(t);
  const rtsp = await room.add({ sourceUri: server.url('/elsewhere'), reconnectDelay: 60_000 });
  await room.fails('not_found');
  t.equal(rtsp.lastError, 'not_found');
});

t.test('parameter sets that are only in the description, and packets that are far too large, work', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-camera-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'film.mp4');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-t', '20'];
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '25',
    '-bf',
    '0',
    '-x264-params',
    'sliced-threads=0',
  ];
  t.equal(spawnSync('ffmpeg', ['-v', 'error', ...source, ...encoder, file]).status, 0);
  const launch = `filesrc location=${file} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=0`;
  const mounts = {
    '/small': { launch, shared: false },
    '/large': { launch: `${launch} mtu=60000`, shared: false, protocols: 'tcp' },
  } as const;
  const server = await RtspServer.start({ mounts });
  t.teardown(() => server.kill());
  for (const path of ['/small', '/large']) {
    const room = await CameraRoom.open(t);
    const rtsp = await room.play({ sourceUri: server.url(path) });
    const recording = await room.tap(rtsp, 'video');
    await recording.morePictures(40);
    t.same(await recording.decode(), { pictures: 40, complaints: '' }, path);
    t.ok(recording.packets.every(({ payload }) => payload.length <= 1200));
  }
});

t.test('late viewers get a frame although the next keyframe is far away', async (t) => {
  const server = await serve(t, { mount: { launch: cameraPipeline({ gop: 1000 }) } });
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: server.url('/cam') });
  const early = await room.tap(rtsp, 'video');
  await early.morePictures(30);
  const late = await room.tap(rtsp, 'video');
  await late.morePictures(10);
  t.same(await late.decode(), { pictures: 10, complaints: '' });
});

t.test('B-frames are transcoded', async (t) => {
  const server = await serve(t, { mount: { launch: cameraPipeline({ bFrames: 2, gop: 50 }) } });
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: server.url('/cam') });
  await room.logs(({ message }) => message.startsWith('The source has B-frames'));
  const recording = await room.tap(rtsp, 'video');
  await recording.morePictures(60);
  t.same(await recording.decode(), { pictures: 60, complaints: '' });
  t.ok(
    steps(recording).every((step) => step > 0),
    'in the order of showing',
  );
  await room.remove(rtsp);
});

for (const audio of ['opus', 'aac', 'pcmu', 'pcma'] as const) {
  t.test(`${audio} arrives as Opus in real time`, async (t) => {
    const server = await serve(t, { mount: { launch: cameraPipeline({ audio }) } });
    const room = await CameraRoom.open(t);
    const rtsp = await room.add({ sourceUri: server.url('/cam') });
    await room.sees('trackAdded', 2);
    const recording = await room.tap(rtsp, 'audio');
    await recording.more(60);
    const duration = steps(recording).reduce((sum, step) => sum + step, 0) / 48_000;
    t.ok(Math.abs(duration - 59 * 0.02) < 0.05, `${duration} s in 60 packets`);
    t.ok(recording.packets.every(({ payload }) => payload.length > 10));
    const frequency = recording.pitch();
    t.ok(Math.abs(frequency - 440) < 20, `${frequency} Hz`);
  });
}

t.test('a camera that is replaced continues in the same track', async (t) => {
  const { min: port } = await PortBlock.claim(t);
  const server = await serve(t, { mount: { launch: cameraPipeline() }, port });
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: server.url('/cam'), reconnectDelay: 200 });
  const recording = await room.tap(rtsp, 'video');
  await recording.morePictures(5);
  await server.kill();
  await room.fails('closed');
  await room.fails('connect_failed');
  await serve(t, { mount: { launch: cameraPipeline() }, port });
  await room.receives(2);
  await recording.morePictures(20);
  t.ok(
    steps(recording).every((step) => step > 0),
    'time goes on',
  );
  t.equal((await recording.decode()).complaints, '');
  t.equal(room.events('trackAdded').length, 1);
  t.equal(room.events('trackRemoved').length, 0);
});

t.test('a frozen camera is detected, and received again when it continues', async (t) => {
  const server = await serve(t, { mount: { launch: cameraPipeline() } });
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: server.url('/cam'), reconnectDelay: 200 });
  const recording = await room.tap(rtsp, 'video');
  await recording.morePictures(5);
  server.freeze();
  await room.fails('rtp_timeout');
  server.thaw();
  await room.receives(2);
  await recording.morePictures(10);
  t.equal(room.events('trackRemoved').length, 0);
});
