import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf as ffmpegsOf, type Purpose } from '../workers/media/child-processes.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { JibriRig } from './load/jibri-rig.ts';
import { median } from './load/median.ts';
import { childrenWith, ProcessTree } from './load/process-tree.ts';
import { childrenOf } from './load/process-usage.ts';
import { Publishers } from './load/publishers.ts';
import { type RecordedFile, readRecording } from './load/recorded-file.ts';
import { type FinishedSession, Recorders, type Session } from './load/recorders.ts';
import type { ServerProcess } from './load/server-process.ts';
import { listShares, machineLoad, measureUsage, type Usage } from './load/usage.ts';

export const title = 'rooms recorded over the API of Jibri';

/** Fewer with SHOAL_BENCH_RECORDINGS and SHOAL_BENCH_SECONDS. */
const count = Number(process.env.SHOAL_BENCH_RECORDINGS ?? 10);
const seconds = Number(process.env.SHOAL_BENCH_SECONDS ?? 60);
const publisherCount = 2;
const size = { width: 640, height: 360 };
const frameRate = 30;
/** Both need it to get the tracks. */
const shared = ['mediasoup-worker'];
/** Milliseconds. */
const settleTime = 3000;
const idleTime = 5000;

/** Ten of our recorders and one that is shaped like Jibri, all at the same time. */
export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-jibri-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
    const recorders = await Recorders.start(cleanup, { folder, count, size, frameRate });
    const { server } = recorders;
    const publishers = await startPublishers(cleanup);
    const roomIds = await fillRooms(server, publishers);
    const ours = new ProcessTree([server.pid], shared);
    const { idle } = await measureUsage({ idle: ours }, idleTime);

    const rig = await startRig(cleanup, server, roomIds[0] as string, join(folder, 'screen.mp4'));
    const sessions: Session[] = [];
    for (const roomId of roomIds) sessions.push(await recorders.record(roomId));
    await pause(settleTime);
    const parts = await partsOf(server);
    const uncounted = {
      senders: new ProcessTree([publishers.pid]),
      SFU: new ProcessTree(await childrenOf(server.pid, 'mediasoup-worker')),
    };
    const { result: used, load } = await machineLoad(() =>
      measureUsage({ ours, rig: rig.all, ...parts, ...uncounted, ...rig.parts }, seconds * 1000),
    );

    const rigStop = await rig.stop();
    const finished: FinishedSession[] = [];
    for (const session of sessions) finished.push(await recorders.stop(session));
    const films: RecordedFile[] = [];
    for (const { file, length } of finished) films.push(await readRecording(file, length, frameRate));
    const screen = await readRecording(rig.file, rig.length, frameRate);

    const { senders, SFU, Chromium, Xvfb, PulseAudio, ffmpeg, ...rest } = used;
    const { workers, decoders, H264, AAC } = rest;
    const moving = median(films.map(({ movingRate }) => movingRate)).toFixed(1);
    const note =
      `${count} at once, ${publisherCount} participants each, for ${seconds} s, machine ${Math.round(load * 100)} % busy, ` +
      `of it ${listShares({ senders, SFU })} that count for nobody; of ours ${listShares({ workers, decoders, H264, AAC }, count)}; ` +
      `one Jibri-shaped: ${listShares({ Chromium, Xvfb, PulseAudio, ffmpeg })}; ` +
      `moving pictures/s ${moving} / ${screen.movingRate.toFixed(1)}`;
    const starts = sessions.map(({ startTime }) => startTime);
    const stops = finished.map(({ stopTime }) => stopTime);
    return [
      ...compareUsage({ used: used.ours, idle, rig: used.rig }, note),
      compareTimes('start request to first recorded picture', starts, rig.startTime),
      compareTimes('stop request to answer', stops, rigStop),
    ];
  });
}

async function startRig(cleanup: Cleanup, server: ServerProcess, roomId: string, file: string): Promise<JibriRig> {
  const token = await server.addPeer(roomId);
  return await JibriRig.start(cleanup, { size, frameRate, host: server.host, token, pictures: publisherCount, file });
}

/** What our recordings consist of. */
async function partsOf(server: ServerProcess): Promise<Record<'workers' | 'decoders' | 'H264' | 'AAC', ProcessTree>> {
  const workers = await childrenWith(server.pid, 'workers/media/main.ts');
  const all = (purpose: Purpose) => new ProcessTree(workers.flatMap((pid) => ffmpegsOf(pid, purpose)));
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

function compareUsage({ used, idle, rig }: Record<'used' | 'idle' | 'rig', Usage>, note: string): Row[] {
  const [cpu, memory] = [(used.cpu - idle.cpu) / count, (used.memory - idle.memory) / count];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return [
    {
      what: 'CPU per recording in 640x360, ours / Jibri-shaped',
      ratio: cpu / rig.cpu,
      figure: `${cpu.toFixed(1)} / ${rig.cpu.toFixed(1)} % of a core`,
      note,
    },
    {
      what: 'memory per recording, ours / Jibri-shaped',
      ratio: memory / rig.memory,
      figure: `${megabytes(memory)} / ${megabytes(rig.memory)} MB`,
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
