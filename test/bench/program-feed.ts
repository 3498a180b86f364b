import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpeg, opusScript, videoScript } from '../media/scripts.ts';
import { childrenOf } from '../workers/media/child-processes.ts';
import { RunningWorker } from '../workers/media/running-worker.ts';
import type { Row } from './benchmark.ts';

/** Of each measurement. */
const seconds = 8;
const source = 'testsrc2=s=1280x720:r=30';
const size = { width: 1280, height: 720, videoBitrate: 3_000_000 };
/** Ticks per second of the kernel's CPU times. */
const kernelTicks = 100;

/** CPU time of a process so far, in ms: user and system. */
async function cpuTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / kernelTicks;
}

interface Share {
  readonly name: string;
  readonly pids: readonly number[];
}

/** Per cent of a core that each takes while `run` goes on. */
async function measure(shares: readonly Share[], run: () => Promise<unknown>): Promise<Map<string, number>> {
  const total = async ({ pids }: Share) => (await Promise.all(pids.map(cpuTime))).reduce((sum, time) => sum + time, 0);
  const before = await Promise.all(shares.map(total));
  const start = performance.now();
  await run();
  const elapsed = performance.now() - start;
  const after = await Promise.all(shares.map(total));
  return new Map(
    shares.map(({ name }, index) => [name, (((after[index] ?? 0) - (before[index] ?? 0)) / elapsed) * 100]),
  );
}

/** The worker and its children with so many publishers. */
async function feed(publishers: number): Promise<Map<string, number>> {
  const video = await videoScript({ source, duration: 4, frameRate: 30, group: 60, bitrate: '1500k' });
  const audio = await opusScript('sine=440', 4);
  const worker = await RunningWorker.start(size);
  try {
    for (let index = 0; index < publishers; index += 1) {
      const endpointId = String(index);
      await worker.publish(`video ${index}`, { endpointId, script: video, mimeType: 'video/H264' });
      await worker.publish(`audio ${index}`, { endpointId, script: audio, mimeType: 'audio/opus' });
    }
    await worker.play(3000);
    const pid = worker.child.pid ?? 0;
    const shares = [
      { name: 'node', pids: [pid] },
      ...(['decoder', 'video encoder', 'audio encoder'] as const).map((name) => ({
        name,
        pids: childrenOf(pid, name),
      })),
    ];
    return await measure(shares, () => worker.play(seconds * 1000));
  } finally {
    await worker.close();
  }
}

/** One ffmpeg that does nothing but decode so many files, compose and encode, at the speed of real time. Picture only. */
async function staticGraph(publishers: number): Promise<Map<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'input.h264');
    const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'];
    const length = String(seconds + 6);
    await writeFile(
      file,
      await ffmpeg([
        ...['-f', 'lavfi', '-i', source, '-t', length, '-pix_fmt', 'yuv420p', '-b:v', '1500k', '-g', '60'],
        ...[...encoder, '-f', 'h264', 'pipe:1'],
      ]),
    );
    const inputs = Array.from({ length: publishers }, () => ['-re', '-threads', '1', '-f', 'h264', '-i', file]).flat();
    const tiles = Array.from(
      { length: publishers },
      (_, index) => `[${index}:v]scale=640:360:flags=bilinear[t${index}]`,
    );
    const inTiles = tiles.map((_, index) => `[t${index}]`).join('');
    const graph =
      publishers === 1
        ? '[0:v]null[out]'
        : `${tiles.join(';')};${inTiles}xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[out]`;
    const child = spawn(
      'ffmpeg',
      [
        ...['-hide_banner', '-loglevel', 'error', ...inputs, '-filter_complex', graph, '-map', '[out]'],
        ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'main', '-b:v', '3M'],
        ...[
          '-maxrate',
          '3M',
          '-bufsize',
          '1500k',
          '-g',
          '30',
          '-sc_threshold',
          '0',
          '-bf',
          '0',
          '-f',
          'flv',
          '/dev/null',
          '-y',
        ],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const shares = [{ name: 'static graph', pids: [child.pid ?? 0] }];
    const found = await measure(shares, () => new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
    child.kill('SIGKILL');
    await once(child, 'exit');
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const title = 'CPU of a room as one picture';

/** Against one ffmpeg that lays the same pictures out in a fixed filter graph, in the same run. */
export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const publishers of [1, 4]) {
    const composed = await feed(publishers);
    const graph = await staticGraph(publishers);
    const [total = 0, single = 1] = [composed, graph].map((shares) =>
      [...shares.values()].reduce((sum, share) => sum + share, 0),
    );
    const parts = [...composed].map(([name, share]) => `${name} ${share.toFixed(1)}`).join(', ');
    rows.push({
      what: `program feed / static filter graph, ${publishers} publishers at 720p30`,
      ratio: total / single,
      figure: `${total.toFixed(1)} / ${single.toFixed(1)} % of a core`,
      note: `feed: ${parts}${publishers === 4 ? '; aim: at most 1.2' : ''}`,
    });
  }
  return rows;
}
