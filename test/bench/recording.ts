import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { completeMp4 } from '../../src/output/complete-mp4.ts';
import { ProgramFile } from '../../src/output/program-file.ts';
import { composeRecording } from '../../workers/compose/compose-recording.ts';
import { monotonicClock } from '../../workers/composer/monotonic-clock.ts';
import { play, programSource } from '../program/program-source.ts';
import { videoScript } from '../scripts.ts';
import { RunningTrackRecorder } from '../workers/track-recorder/running-track-recorder.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { cpuTime, residentMemory } from './load/process-usage.ts';

export const title = 'recording';

/** Milliseconds that are measured, after so many to settle. */
const duration = 8000;
const settleTime = 2000;
const tracks = 4;
/** Seconds of a program that is completed. */
const compositeLength = 60;

const pass = (time: number) => new Promise<void>((resolve) => monotonicClock.schedule(time, resolve));

/** What the track recorder takes for tracks of 2 Mbit/s, and how soon a composite is ready. */
export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => [...(await rawTracks(cleanup)), ...(await composite(cleanup))]);
}

async function rawTracks(cleanup: Cleanup): Promise<Row[]> {
  const video = await videoScript({ source: 'testsrc2=s=1280x720:r=30', duration: 4, frameRate: 30, bitrate: '2M' });
  const bytes = video.frames.reduce(
    (sum, { payloads }) => sum + payloads.reduce((all, { length }) => all + length, 0),
    0,
  );
  const recorder = await RunningTrackRecorder.start(cleanup);
  const pid = recorder.child.pid ?? 0;
  const idle = { cpu: await cpuTime(pid), memory: await residentMemory(pid) };
  const busy: number[] = [];
  for (let index = 0; index < tracks; index += 1) {
    const origin = String(index);
    await recorder.publish(`video${index}`, { script: video, mimeType: 'video/H264', origin });
    if (index > 0 && index < tracks - 1) continue;
    await pass(settleTime);
    const before = await cpuTime(pid);
    await pass(duration);
    busy.push((await cpuTime(pid)) - before);
  }
  const [one = 0, all = 0] = busy.map((cpu) => cpu / 10 / duration);
  const rate = `${((bytes * 8) / video.duration / 1000).toFixed(1)} Mbit/s`;
  const memory = (await residentMemory(pid)) / 1e6;
  const begin = performance.now();
  await recorder.stop();
  const stopped = performance.now() - begin;
  const path = recorder.folder;
  const composeBegin = performance.now();
  await composeRecording(path, { width: 1280, height: 720, frameRate: 30, audioChannels: 1 });
  const composed = performance.now() - composeBegin;
  return [
    {
      what: 'CPU of the track recorder, 1 video track',
      figure: `${one.toFixed(1)} % of a core`,
      note: `${rate}; aim: 2 %`,
    },
    {
      what: `CPU of the track recorder per track of ${tracks}`,
      figure: `${(all / tracks).toFixed(1)} % of a core`,
      note: `${rate} each; aim: 2 %`,
    },
    {
      what: `memory of the track recorder, ${tracks} tracks`,
      figure: `${memory.toFixed(0)} MB`,
      note: `${(idle.memory / 1e6).toFixed(0)} MB without any`,
    },
    { what: 'from stop to finished track files', figure: `${stopped.toFixed(0)} ms` },
    {
      what: `npm run compose, ${tracks} tracks in 720p30, time / length of the recording`,
      ratio: composed / (2 * (settleTime + duration)),
      note: 'below 1: faster than it was recorded',
    },
  ];
}

async function composite(cleanup: Cleanup): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-composite-'));
  cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
  const program = await programSource({ seconds: compositeLength, frameRate: 30, width: 1280, height: 720 });
  const file = new ProgramFile({
    folder,
    name: 'room',
    onFailure: (error) => {
      throw error;
    },
  });
  const before = process.cpuUsage();
  play(program, file);
  file.end();
  await file.settled();
  const { user, system } = process.cpuUsage(before);
  const begin = performance.now();
  await completeMp4(folder, { logger: pino({ enabled: false }) });
  const completed = performance.now() - begin;
  return [
    {
      what: 'writing the composed program to a file',
      figure: `${((user + system) / 1e4 / compositeLength).toFixed(1)} % of a core`,
      note: 'in the server, beside what composing takes (program-feed)',
    },
    { what: `from stop to an MP4 of ${compositeLength} s`, figure: `${completed.toFixed(0)} ms` },
  ];
}
