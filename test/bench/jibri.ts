import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf, type Purpose } from '../child-processes.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { readRecording } from './load/decoded-recording.ts';
import { JibriRig } from './load/jibri-rig.ts';
import { median } from './load/median.ts';
import { ProcessTree } from './load/process-tree.ts';
import { Publishers } from './load/publishers.ts';
import { type FinishedSession, RecorderFleet, type RunningSession } from './load/recorder-fleet.ts';
import {
  frameRate,
  idleTime,
  publisherCount,
  seconds,
  settleTime,
  sharedPrograms,
} from './load/recording-conditions.ts';
import type { ServerProcess } from './load/server-process.ts';
import { listShares, machineLoad, measureUsage, type Usage } from './load/usage.ts';

export const title = 'rooms recorded over the API of Jibri';

/** Fewer with SHOAL_BENCH_RECORDINGS. */
const count = Number(process.env.SHOAL_BENCH_RECORDINGS ?? 10);
const size = { width: 640, height: 360 };

/** One recorder that is shaped like Jibri by itself, then ten of ours at once: all of them at once are too much for a small machine. */
export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-jibri-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
    const recorders = await RecorderFleet.start(cleanup, { folder, count, size, frameRate });
    const publishers = await startPublishers(cleanup);
    const roomIds = await fillRooms(recorders.server, publishers);
    const rig = await measureRig(recorders.server, roomIds[0] as string, join(folder, 'screen.mp4'));
    const ours = await measureOurs(recorders, publishers, roomIds);
    return [
      ...compareUsage(ours, rig),
      compareTimes('start request to first recorded picture', ours.starts, rig.start),
      compareTimes('stop request to answer', ours.stops, rig.stop),
    ];
  });
}

interface Measured {
  /** Of one recording. */
  readonly usage: Usage;
  readonly parts: string;
  /** Per second. */
  readonly moving: number;
}

async function measureRig(server: ServerProcess, roomId: string, file: string) {
  return await withCleanup(async (cleanup) => {
    const token = await server.addPeer(roomId);
    const pictures = publisherCount;
    const rig = await JibriRig.start(cleanup, { size, frameRate, host: server.host, token, pictures, file });
    await pause(settleTime);
    const { all, ...parts } = await measureUsage({ all: rig.all, ...rig.parts }, seconds * 1000);
    const stop = await rig.stop();
    const { movingRate: moving } = await readRecording(file, rig.length, frameRate);
    return { usage: all, parts: listShares(parts), moving, start: rig.startTime, stop };
  });
}

async function measureOurs(recorders: RecorderFleet, publishers: Publishers, roomIds: readonly string[]) {
  const { server } = recorders;
  const all = new ProcessTree([server.pid], sharedPrograms);
  const { idle } = await measureUsage({ idle: all }, idleTime);
  const sessions: RunningSession[] = [];
  for (const roomId of roomIds) sessions.push(await recorders.record(roomId));
  await pause(settleTime);
  const counted = await partsOf(server);
  const senders = new ProcessTree([publishers.pid]);
  const SFU = new ProcessTree(childrenOf(server.pid, 'media worker'));
  const { result, load } = await machineLoad(() => measureUsage({ all, senders, SFU, ...counted }, seconds * 1000));
  const finished: FinishedSession[] = [];
  for (const session of sessions) finished.push(await recorders.stop(session));
  const rates: number[] = [];
  for (const { file, length } of finished) rates.push((await readRecording(file, length, frameRate)).movingRate);
  const { all: used, senders: sending, SFU: forwarding, ...parts } = result;
  return {
    usage: { cpu: (used.cpu - idle.cpu) / count, memory: (used.memory - idle.memory) / count },
    parts: listShares(parts, count),
    moving: median(rates),
    starts: sessions.map(({ startTime }) => startTime),
    stops: finished.map(({ stopTime }) => stopTime),
    load:
      `${count} at once, ${publisherCount} participants each, for ${seconds} s; machine ${Math.round(load * 100)} % busy, ` +
      `of it ${listShares({ senders: sending, SFU: forwarding })} that count for nobody`,
  };
}

/** What our recordings consist of. */
async function partsOf(server: ServerProcess): Promise<Record<'workers' | 'decoders' | 'H264' | 'AAC', ProcessTree>> {
  const workers = childrenOf(server.pid, 'composer');
  const all = (purpose: Purpose) => new ProcessTree(workers.flatMap((pid) => childrenOf(pid, purpose)));
  return {
    workers: new ProcessTree(workers, ['ffmpeg']),
    decoders: all('decoder'),
    H264: all('video encoder'),
    AAC: all('audio encoder'),
  };
}

async function startPublishers(cleanup: Cleanup): Promise<Publishers> {
  const source = `testsrc2=s=${size.width}x${size.height}:r=${frameRate}`;
  const video = { source, duration: 4, frameRate, bitrate: '400k' };
  return await Publishers.start(cleanup, { video, audio: 'sine=440' });
}

async function fillRooms(server: ServerProcess, publishers: Publishers): Promise<string[]> {
  const roomIds: string[] = [];
  while (roomIds.length < count) {
    const roomId = await server.createRoom({ videoCodec: 'h264' });
    for (let peer = 0; peer < publisherCount; peer += 1) {
      await publishers.publish(server.host, await server.addPeer(roomId));
    }
    roomIds.push(roomId);
  }
  return roomIds;
}

function compareUsage(ours: Measured & { readonly load: string }, rig: Measured): Row[] {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return [
    {
      what: 'CPU per recording in 640x360, ours / Jibri-shaped',
      ratio: ours.usage.cpu / rig.usage.cpu,
      figure: `${ours.usage.cpu.toFixed(1)} / ${rig.usage.cpu.toFixed(1)} % of a core`,
      note: `${ours.load}; ours: ${ours.parts}; one Jibri-shaped: ${rig.parts}; moving pictures/s ${ours.moving.toFixed(1)} / ${rig.moving.toFixed(1)}`,
    },
    {
      what: 'memory per recording, ours / Jibri-shaped',
      ratio: ours.usage.memory / rig.usage.memory,
      figure: `${megabytes(ours.usage.memory)} / ${megabytes(rig.usage.memory)} MB`,
      note: 'what processes share is divided among them',
    },
  ];
}

function compareTimes(what: string, ours: readonly number[], theirs: number): Row {
  const range = `${Math.min(...ours).toFixed(0)} to ${Math.max(...ours).toFixed(0)}`;
  return {
    what: `${what}, ours / Jibri-shaped`,
    ratio: median(ours) / theirs,
    figure: `${median(ours).toFixed(0)} / ${theirs.toFixed(0)} ms`,
    note: `median of ${ours.length}, one after the other: ${range}`,
  };
}
