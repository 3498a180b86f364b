import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf } from '../child-processes.ts';
import type { Row } from './benchmark.ts';
import { withCleanup } from './load/cleanup.ts';
import { type DecodedRecording, readRecording } from './load/decoded-recording.ts';
import { JibriRig } from './load/jibri-rig.ts';
import { ProcessTree } from './load/process-tree.ts';
import { Publishers } from './load/publishers.ts';
import {
  frameRate,
  idleTime,
  publisherCount,
  seconds,
  settleTime,
  sharedPrograms,
} from './load/recording-conditions.ts';
import { ServerProcess } from './load/server-process.ts';
import { listShares, machineLoad, measureUsage } from './load/usage.ts';

export const title = 'a room recorded by us and the way Jibri does';

const size = { width: 1280, height: 720 };

/** The same room at the same time: its tracks and one composite by us, and a composite of a browser that shows it. */
export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-recording-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
    const server = await ServerProcess.start(cleanup, {
      ...{ SHOAL_TURN: 'off', SHOAL_RECORDING_LOCAL: 'true', FJ_LOG_LEVEL: 'error', FJ_RESOURCES_BASE_PATH: folder },
      ...{ SHOAL_PROGRAM_SIZE: `${size.width}x${size.height}`, SHOAL_PROGRAM_FRAME_RATE: String(frameRate) },
    });
    const source = `testsrc2=s=${size.width}x${size.height}:r=${frameRate}`;
    const video = { source, duration: 4, frameRate, bitrate: '2M' };
    const publishers = await Publishers.start(cleanup, { video, audio: 'sine=440' });
    const roomId = await server.createRoom({ videoCodec: 'h264' });
    for (let index = 0; index < publisherCount; index += 1) {
      await publishers.publish(server.host, await server.addPeer(roomId));
    }
    const ours = new ProcessTree([server.pid], sharedPrograms);
    const { idle } = await measureUsage({ idle: ours }, idleTime);

    const file = join(folder, 'screen.mp4');
    const token = await server.addPeer(roomId);
    const pictures = publisherCount;
    const rig = await JibriRig.start(cleanup, { size, frameRate, host: server.host, token, pictures, file });
    const recording = await server.addComponent(roomId, 'recording', { composed: true });
    const began = performance.now();
    await pause(settleTime);
    const [tracks, program] = [childrenOf(server.pid, 'track recorder'), childrenOf(server.pid, 'composer')].map(
      (pids) => {
        if (pids.length === 0) throw new Error('Nothing records.');
        return new ProcessTree(pids);
      },
    ) as [ProcessTree, ProcessTree];
    const { result: used, load } = await machineLoad(() =>
      measureUsage({ ours, tracks, program, rig: rig.all, ...rig.parts }, seconds * 1000),
    );

    const stopping = performance.now();
    await server.ask('DELETE', `/room/${roomId}/component/${recording}`, 204);
    const stored = await untilStored(folder);
    const ended = performance.now();
    const rigStop = await rig.stop();
    const composite = await readRecording(join(stored, 'room.mp4'), (stopping - began) / 1000, frameRate);
    const screen = await readRecording(rig.file, rig.length, frameRate);
    const trackFiles = await checkTracks(stored, (stopping - began) / 1000);

    const rest = used.ours.cpu - used.program.cpu - used.tracks.cpu - idle.cpu;
    const [composed, rigParts] = [used.program.cpu + rest, listShares(pick(used, Object.keys(rig.parts)))];
    const what = `a room of ${publisherCount} in 720p${frameRate}`;
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
    const ourMemory = used.ours.memory - idle.memory;
    return [
      {
        what: `CPU of a composite of ${what}, ours / Jibri-shaped`,
        ratio: composed / used.rig.cpu,
        figure: `${composed.toFixed(1)} / ${used.rig.cpu.toFixed(1)} % of a core`,
        note: `${seconds} s, machine ${Math.round(load * 100)} % busy; composing ${used.program.cpu.toFixed(1)}, server ${rest.toFixed(1)} (tracks too); ${rigParts}; ${smoothness(composite, screen)}`,
      },
      {
        what: `CPU of composite and tracks of ${what}, ours / Jibri-shaped composite`,
        ratio: (composed + used.tracks.cpu) / used.rig.cpu,
        figure: `${(composed + used.tracks.cpu).toFixed(1)} / ${used.rig.cpu.toFixed(1)} % of a core`,
      },
      {
        what: `memory of the same, composite and tracks / Jibri-shaped composite`,
        ratio: ourMemory / used.rig.memory,
        figure: `${megabytes(ourMemory)} / ${megabytes(used.rig.memory)} MB`,
        note: 'what processes share is divided among them',
      },
      {
        what: 'CPU per recorded track of 2 Mbit/s, with its sound',
        figure: `${(used.tracks.cpu / publisherCount).toFixed(1)} % of a core`,
        note: `aim: 2 %; ${trackFiles} files of ${publisherCount} peers`,
      },
      {
        what: 'stop to playable file, ours / Jibri-shaped',
        ratio: (ended - stopping) / rigStop,
        figure: `${(ended - stopping).toFixed(0)} / ${rigStop.toFixed(0)} ms`,
        note: 'ours: the composite with its index in front, all tracks, and their checksums',
      },
    ];
  });
}

function smoothness(composite: DecodedRecording, screen: DecodedRecording): string {
  return `moving pictures per second ${composite.movingRate.toFixed(1)} / ${screen.movingRate.toFixed(1)}`;
}

function pick<T>(from: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, from[name] as T]));
}

/** @returns the folder of the only recording */
async function untilStored(resources: string): Promise<string> {
  for (let round = 0; round < 1000; round += 1) {
    for await (const path of glob(join(resources, 'raw_recordings/*/*/manifest.json'))) {
      if (JSON.parse(await readFile(path, 'utf8')).state === 'stored') return dirname(path);
    }
    await pause(20);
  }
  throw new Error('The recording was not completed.');
}

/** @returns how many files there are. @throws Error when one is too short */
async function checkTracks(folder: string, seconds: number): Promise<number> {
  const { tracks } = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
  const names = Object.keys(tracks);
  for (const name of names) {
    const { type, start_timestamp: start, end_timestamp: end, clock_rate: rate } = tracks[name];
    const length = ((end - start) >>> 0) / rate;
    if (Math.abs(length - seconds) > 3) throw new Error(`${basename(name)} (${type}) lasts ${length} s.`);
  }
  if (names.length !== 2 * publisherCount) throw new Error(`${names.length} tracks were recorded.`);
  return names.length;
}
