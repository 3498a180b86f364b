import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProgramSettings } from '../../src/program/composer-message.ts';
import { fittingLayer } from '../../src/program/tile-layer.ts';
import { arrange } from '../../workers/composer/video/layout.ts';
import { childrenOf } from '../child-processes.ts';
import type { RtpSender, Script } from '../rtp-sender.ts';
import { opusScript, videoScript } from '../scripts.ts';
import { RunningComposer } from '../workers/composer/running-composer.ts';
import type { Row } from './benchmark.ts';
import { ProcessTree } from './load/process-tree.ts';
import { type Scripts, StaticGraph } from './load/static-graph.ts';
import { listShares, machineLoad, measureUsage, type Usage } from './load/usage.ts';

/** Of each measurement, and before it, in seconds: the worker's code is compiled while it runs, and a graph that reads RTP starts late. */
const seconds = 8;
const warmUp = 14;
/** Below those that the system hands out by itself. */
const firstPort = 20_500;
const source = 'testsrc2=s=1280x720:r=30';
const video = () => videoScript({ source, duration: 4, frameRate: 30, group: 60, bitrate: '1500k' });
const audio = () => opusScript('sine=440', 4);
const hd = { width: 1280, height: 720, videoBitrate: 3_000_000 };
const fullHd = { width: 1920, height: 1080, frameRate: 24, videoBitrate: 3_000_000 };
const publishersAt = (count: number) => `${count === 1 ? '1 publisher' : `${count} publishers`} at 720p30`;

async function startFeed(publishers: number, settings: Partial<ProgramSettings>, scripts: Scripts) {
  const worker = await RunningComposer.start(settings);
  const cameras: RtpSender[] = [];
  for (let index = 0; index < publishers; index += 1) {
    const endpointId = String(index);
    const camera = { endpointId, script: scripts.video, mimeType: 'video/H264', steady: true } as const;
    cameras.push(await worker.publish(`video ${index}`, camera));
    await worker.publish(`audio ${index}`, { endpointId, script: scripts.audio, mimeType: 'audio/opus' });
  }
  await worker.play(warmUp * 1000);
  return { worker, cameras };
}

/** The simulcast layer that the server would choose for a tile of the program, scaled as browsers do. */
function fittingVideo(publishers: number): Promise<Script> {
  const items = Array.from({ length: publishers }, (_, order) => ({ id: String(order), screenshare: false, order }));
  const camera = { width: 1280, height: 720 };
  const tile = arrange(items, hd).get('0') ?? hd;
  const layer = fittingLayer(['l', 'm', 'h'], camera, tile);
  const height = [180, 360, 720][layer] ?? camera.height;
  const bitrate = ['150k', '500k', '1500k'][layer] ?? '1500k';
  return videoScript({ source: `${source},scale=-2:${height}`, duration: 4, frameRate: 30, group: 60, bitrate });
}

/** The worker's parts. */
function parts({ child: { pid = 0 } }: RunningComposer) {
  return {
    Node: new ProcessTree([pid], ['ffmpeg']),
    decoders: new ProcessTree(childrenOf(pid, 'decoder')),
    x264: new ProcessTree(childrenOf(pid, 'video encoder')),
    AAC: new ProcessTree(childrenOf(pid, 'audio encoder')),
  };
}

function sum(usage: Readonly<Record<string, Usage>>): number {
  return Object.values(usage).reduce((total, { cpu }) => total + cpu, 0);
}

/** What makes figures of a feed worth little: frames that were late, or fewer of them for an encoder that could not follow. */
function lateness({ statistics }: RunningComposer, before: number): string {
  return `${(statistics?.lateFrames ?? 0) - before} frames late, ${statistics?.frameRate} a second`;
}

/** Per cent of a core. @param duration in s */
async function measureWorker(worker: RunningComposer, duration = seconds) {
  const late = worker.statistics?.lateFrames ?? 0;
  const { result, load } = await machineLoad(() => measureUsage(parts(worker), duration * 1000));
  const busy = `machine ${(load * 100).toFixed(0)} % busy`;
  return { total: sum(result), note: `${listShares(result)}; ${lateness(worker, late)}; ${busy}` };
}

async function measureFeed(publishers: number, settings: Partial<ProgramSettings>, scripts: Scripts) {
  const { worker } = await startFeed(publishers, settings, scripts);
  try {
    return await measureWorker(worker);
  } finally {
    await worker.close();
  }
}

/** The same room while its cameras send, and after they have been muted. */
async function stillness(publishers: number, scripts: Scripts): Promise<Row> {
  const { worker, cameras } = await startFeed(publishers, hd, scripts);
  try {
    const moving = await measureWorker(worker);
    for (const camera of cameras) camera.mute(true);
    await worker.play(2000);
    // before the placeholders come
    const still = await measureWorker(worker, 7);
    return {
      what: `program feed: still / moving, ${publishersAt(publishers)}, with sound`,
      ratio: still.total / moving.total,
      figure: `${still.total.toFixed(1)} / ${moving.total.toFixed(1)} % of a core`,
      note: `aim: at most 0.4; still: ${still.note}; moving: ${moving.note}`,
    };
  } finally {
    await worker.close();
  }
}

/** One camera with its sound, composed and then passed through to HLS. */
async function passthrough(scripts: Scripts): Promise<Row> {
  const { worker } = await startFeed(1, fullHd, scripts);
  try {
    const composed = await measureWorker(worker);
    worker.send({ type: 'passthrough', limits: { keyframeInterval: 2000, parts: true } });
    await worker.until(({ type }) => type === 'passed');
    await worker.play(1000);
    const passed = await measureWorker(worker);
    return {
      what: `program feed at 1080p24: passthrough / composed, ${publishersAt(1)}, with sound`,
      ratio: passed.total / composed.total,
      figure: `${passed.total.toFixed(1)} / ${composed.total.toFixed(1)} % of a core`,
      note: `aim: at most 0.2, and 5 % of a core; passthrough: ${passed.note}; composed: ${composed.note}`,
    };
  } finally {
    await worker.close();
  }
}

/** What it takes, in per cent of a core, to make so many frames a second. */
async function measureGraph(starting: Promise<StaticGraph>) {
  const graph = await starting;
  try {
    await pause(warmUp * 1000);
    const before = graph.frames;
    const { tree } = await measureUsage({ tree: new ProcessTree([graph.pid]) }, seconds * 1000);
    return { cpu: tree.cpu, frameRate: (graph.frames - before) / seconds };
  } finally {
    await graph.close();
  }
}

async function compare(publishers: number, scripts: Scripts): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const { total, note } = await measureFeed(publishers, hd, scripts);
    const length = warmUp + seconds + 6;
    const files = await measureGraph(StaticGraph.fromFiles(publishers, folder, source, length));
    const rtp = await measureGraph(StaticGraph.fromRtp(publishers, folder, scripts, firstPort));
    const row = (what: string, { cpu, frameRate }: typeof files) => ({
      what: `program feed / static filter graph of ${what}, ${publishersAt(publishers)}`,
      ratio: total / cpu,
      figure: `${total.toFixed(1)} / ${cpu.toFixed(1)} % of a core`,
      note: `aim with 4: at most 1.1; feed: ${note}; graph: ${frameRate.toFixed(0)} frames a second`,
    });
    const rows = [row('files, without sound', files), row('RTP, with sound', rtp)];
    if (publishers === 1) return rows;
    const layers = await measureFeed(publishers, hd, { ...scripts, video: await fittingVideo(publishers) });
    const against = (what: string, cpu: number, aim: string) => ({
      what: `program feed of ${publishers} with simulcast, layers that fit the tiles / ${what}`,
      ratio: layers.total / cpu,
      figure: `${layers.total.toFixed(1)} / ${cpu.toFixed(1)} % of a core`,
      note: `${aim}feed: ${layers.note}`,
    });
    return [
      ...rows,
      against('their highest layers', total, ''),
      against('static filter graph of their highest layers (RTP, with sound)', rtp.cpu, 'aim: at most 0.85; '),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function fullSize(publishers: number, scripts: Scripts): Promise<Row> {
  const { total, note } = await measureFeed(publishers, fullHd, scripts);
  return {
    what: `program feed at 1080p24, ${publishersAt(publishers)}`,
    figure: `${total.toFixed(1)} % of a core`,
    note,
  };
}

export const title = 'CPU of a room as one picture';

/** Against one ffmpeg that lays the same pictures out in a fixed filter graph, in the same run. */
export async function run(): Promise<Row[]> {
  const scripts = { video: await video(), audio: await audio() };
  const rows: Row[] = [];
  for (const publishers of [1, 4]) rows.push(...(await compare(publishers, scripts)));
  for (const publishers of [1, 4]) rows.push(await stillness(publishers, scripts));
  for (const publishers of [1, 4]) rows.push(await fullSize(publishers, scripts));
  rows.push(await passthrough(scripts));
  return rows;
}
