import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { CameraRoom } from '../component/rtsp/camera-room.ts';
import { cameraPipeline, RtspServer } from '../component/rtsp/rtsp-server.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { median } from './load/median.ts';
import { cpuTime } from './load/process-usage.ts';
import { ServerProcess } from './load/server-process.ts';

export const title = 'RTSP cameras';

/** Sources at a time; fewer with SHOAL_BENCH_SOURCES="1 5". */
const counts = (process.env.SHOAL_BENCH_SOURCES ?? '1 5 20').split(' ').map(Number);
/** Of each measurement of CPU, in ms. */
const duration = 6000;
const repetitions = 10;

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of counts) rows.push(await withCleanup((cleanup) => compareCpu(cleanup, count)));
  rows.push(await withCleanup(firstPacket));
  rows.push(await withCleanup((cleanup) => lateJoiner(cleanup, 'asked', cameraPipeline({ gop: 250 }))));
  rows.push(await withCleanup(async (cleanup) => lateJoiner(cleanup, 'replayed', await film(cleanup))));
  return rows;
}

/** Ours, then as many ffmpeg processes that copy the same camera, in one run. */
async function compareCpu(cleanup: Cleanup, count: number): Promise<Row> {
  const server = await serve(cleanup, cameraPipeline());
  const ours = await measureOurs(cleanup, server.url('/cam'), count);
  const theirs = await measureFfmpeg(cleanup, server.url('/cam'), count);
  return {
    what: `CPU of ${count} RTSP sources, our server / ffmpeg processes that copy`,
    ratio: ours / theirs,
    figure: `${ours.toFixed(1)} % of a core`,
    note: `320x240, 25 pictures/s, 500 kbit/s each; without the media worker, which both need, and what the idle server takes; ffmpeg ${theirs.toFixed(1)} %`,
  };
}

/** @returns the server's processor time on top of what it takes without any source, in percent of a core */
async function measureOurs(cleanup: Cleanup, sourceUri: string, count: number): Promise<number> {
  const server = await ServerProcess.start(cleanup, { FJ_COMPONENTS_USED: 'rtsp' });
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const idle = await percent(() => server.cpuTime());
  for (let index = 0; index < count; index += 1) {
    await server.addComponent(roomId, 'rtsp', { sourceUri });
  }
  await wait(3000);
  return (await percent(() => server.cpuTime())) - idle;
}

async function measureFfmpeg(cleanup: Cleanup, sourceUri: string, count: number): Promise<number> {
  const sink = createSocket('udp4');
  await once(sink.bind(0, '127.0.0.1'), 'listening');
  cleanup.teardown(() => sink.close());
  const { port } = sink.address();
  const output = ['-an', '-c:v', 'copy', '-bsf:v', 'dump_extra=freq=keyframe', '-f', 'rtp'];
  const url = `rtp://127.0.0.1:${port}?pkt_size=1200&rtcpport=${port}`;
  const children: ChildProcess[] = [];
  cleanup.teardown(() => Promise.all(children.map(end)));
  for (let index = 0; index < count; index += 1) {
    const args = ['-nostdin', '-v', 'error', '-rtsp_transport', 'udp', '-i', sourceUri, ...output, url];
    children.push(spawn('ffmpeg', args, { stdio: 'ignore' }));
  }
  await wait(6000);
  return await percent(async () => {
    const times = await Promise.all(children.map(({ pid }) => cpuTime(pid as number)));
    return times.reduce((sum, time) => sum + time, 0);
  });
}

async function percent(time: () => Promise<number>): Promise<number> {
  const before = await time();
  const start = performance.now();
  await wait(duration);
  return ((await time()) - before) / ((performance.now() - start) * 10);
}

/** From the answer to PLAY, when the track is announced, to the first packet that enters the room. */
async function firstPacket(cleanup: Cleanup): Promise<Row> {
  const server = await serve(cleanup, cameraPipeline({ gop: 250 }));
  const room = await CameraRoom.open(cleanup);
  const { send } = RtpFeed.prototype;
  let sent = () => undefined as unknown;
  RtpFeed.prototype.send = function (packet) {
    sent();
    send.call(this, packet);
  };
  cleanup.teardown(() => {
    RtpFeed.prototype.send = send;
  });
  const times: number[] = [];
  for (let round = 1; round <= repetitions; round += 1) {
    const first = new Promise<void>((resolve) => {
      sent = resolve as typeof sent;
    });
    const rtsp = await room.add({ sourceUri: server.url('/cam') });
    await room.sees('trackAdded', round);
    const start = performance.now();
    await first;
    times.push(performance.now() - start);
    await room.remove(rtsp);
  }
  return summary('Answer to PLAY to first packet in the room', times, 'below 150 ms; keyframes every 10 s, asked for');
}

/** From the wish to watch to the first packet of a keyframe. */
async function lateJoiner(cleanup: Cleanup, way: 'asked' | 'replayed', launch: string): Promise<Row> {
  const server = await serve(cleanup, launch);
  const room = await CameraRoom.open(cleanup);
  const rtsp = await room.play({ sourceUri: server.url('/cam') });
  await (await room.tap(rtsp, 'video')).morePictures(30);
  const times: number[] = [];
  while (times.length < repetitions) {
    const start = performance.now();
    const recording = await room.tap(rtsp, 'video');
    while (recording.packets.length === 0) await once(recording.tap.observer, 'packet');
    times.push(performance.now() - start);
    recording.tap.close();
    // a replay is not repeated within two seconds
    await wait(2500);
  }
  const how = way === 'asked' ? 'the camera makes a keyframe' : 'the camera does not listen: replay after 300 ms';
  return summary('Late joiner to its first keyframe', times, `keyframes every 10 s; ${how}`);
}

function summary(what: string, times: readonly number[], note: string): Row {
  const range = `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}`;
  return { what, figure: `${median(times).toFixed(0)} ms`, note: `${note}; median of ${times.length}, ${range}` };
}

async function serve(cleanup: Cleanup, launch: string): Promise<RtspServer> {
  const server = await RtspServer.start({ mounts: { '/cam': { launch } } });
  cleanup.teardown(() => server.kill());
  return server;
}

/** A source whose keyframes were made long ago. */
async function film(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-'));
  cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'film.mp4');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25', '-t', '90'];
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '250', '-bf', '0', '-x264-params', 'scenecut=0'];
  spawnSync('ffmpeg', ['-v', 'error', ...source, ...encoder, file]);
  return `filesrc location=${file} ! qtdemux ! rtph264pay name=pay0 pt=96`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
