import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { completeMp4 } from '../../src/output/complete-mp4.ts';
import { ProgramFile } from '../../src/output/program-file.ts';
import { composeRecording } from '../../workers/compose/compose-recording.ts';
import { monotonicClock } from '../../workers/composer/monotonic-clock.ts';
import { play, programSource } from '../program/program-source.ts';
import type { Script } from '../rtp-sender.ts';
import { opusScript, videoScript } from '../scripts.ts';
import { RunningTrackRecorder } from '../workers/track-recorder/running-track-recorder.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { cpuTime, residentMemory } from './load/process-usage.ts';
import { writtenInBatches, writtenOneByOne } from './load/written-frames.ts';

export const title = 'recording';

/** Milliseconds that are measured, after so many to settle. */
const duration = 8000;
const settleTime = 2000;
const tracks = 4;
const rooms = 10;
/** Seconds of a program that is completed. */
const compositeLength = 60;

const pass = (time: number) => new Promise<void>((resolve) => monotonicClock.schedule(time, resolve));

/** What the track recorder takes for tracks of 2 Mbit/s, and how soon a composite is ready. */
export async function run(): Promise<Row[]> {
  const video = await videoScript({ source: 'testsrc2=s=1280x720:r=30', duration: 4, frameRate: 30, bitrate: '2M' });
  return [
    ...(await withCleanup((cleanup) => rawTracks(cleanup, video))),
    ...(await withCleanup((cleanup) => sharedRecorder(cleanup, video))),
    ...(await withCleanup(writer)),
    ...(await withCleanup(composite)),
  ];
}

/** Processor time of a process while so many ms pass, in per cent of a core. */
async function usedShare(pid: number): Promise<number> {
  const [before, begin] = [await cpuTime(pid), performance.now()];
  await pass(duration);
  return ((await cpuTime(pid)) - before) / 10 / (performance.now() - begin);
}

/** Rooms with a video track and its sound, in one process as the server places them. */
async function sharedRecorder(cleanup: Cleanup, script: Script): Promise<Row[]> {
  const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 4);
  const first = await RunningTrackRecorder.start(cleanup);
  const pid = first.child.pid ?? 0;
  const publish = async (room: RunningTrackRecorder) => {
    await room.publish('video', { script, mimeType: 'video/H264' });
    await room.publish('audio', { script: audio, mimeType: 'audio/opus' });
    await pass(settleTime / rooms);
  };
  await publish(first);
  // code that runs rarely is compiled late
  await pass(3 * settleTime);
  const one = await usedShare(pid);
  for (let room = 1; room < rooms; room += 1) await publish(await first.another(cleanup));
  await pass(settleTime);
  const each = (await usedShare(pid)) / rooms;
  const memory = (await residentMemory(pid)) / 1e6 / rooms;
  return [
    {
      what: 'CPU of the track recorder, 1 video track with sound',
      figure: `${one.toFixed(2)} % of a core`,
      note: 'aim: 0.8 %',
    },
    {
      what: `CPU of the track recorder, ${rooms} rooms, each 1 video track with sound`,
      figure: `${each.toFixed(2)} % of a core each`,
      note: 'aim: 0.8 %',
    },
    { what: 'ten rooms, memory each', figure: `${memory.toFixed(1)} MB`, note: 'in one track recorder; aim: 20 MB' },
  ];
}

async function writer(cleanup: Cleanup): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-writer-'));
  cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
  const [plain, batches] = [await writtenOneByOne(folder), await writtenInBatches(folder)];
  return [
    {
      what: 'writing a video track of 2 Mbit/s, blocks in batches / the same bytes in a write per frame',
      ratio: batches / plain,
      figure: `${batches.toFixed(0)} µs a frame`,
      note: `${plain.toFixed(0)} µs without blocks and batches`,
    },
  ];
}

async function rawTracks(cleanup: Cleanup, video: Script): Promise<Row[]> {
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
    busy.push(await usedShare(pid));
  }
  const [one = 0, all = 0] = busy;
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
      figure: `${one.toFixed(2)} % of a core`,
      note: `${rate}; aim: 0.5 %`,
    },
    {
      what: `CPU of the track recorder per track of ${tracks}`,
      figure: `${(all / tracks).toFixed(2)} % of a core`,
      note: `${rate} each; aim: 0.5 %`,
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
