import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { Browser } from '../end-to-end/browser-client.ts';
import { NumberedCamera, numberedVideo, numberReader } from '../end-to-end/numbered-camera.ts';
import type { NumberReader, ShownPicture } from '../end-to-end/shown-picture.ts';
import { NotificationSocket } from '../notification-socket.ts';
import type { Script } from '../rtp-sender.ts';
import { apiToken } from '../running-server.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { ServerProcess } from './load/server-process.ts';
import { quantile } from './load/stream-source.ts';

export const title = 'from sending to the pixel of low-latency HLS in hls.js';

/** Seconds for the player to settle, and then measured. */
const settling = 4;
const measured = Number(process.env.SHOAL_BENCH_SECONDS ?? 12);
/** What the server is told, and how many viewers come, one after the other. The last ones see what is there without any configuration. */
const variants = [
  { name: '300 ms parts', variables: { SHOAL_HLS_PART_MS: '300' }, viewers: 1 },
  { name: 'at the defaults', variables: {}, viewers: 5 },
] as const;
const size = { width: 1280, height: 720 };
/** Pictures; after so many their numbers begin anew, which must take longer than any of them is on its way. */
const count = 600;
const frameRate = 30;

interface Part {
  /** When it was there for viewers, and what it shows, in ms since the epoch. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** How long a picture was on its way, in ms. */
interface Way {
  readonly total: number;
  /** From its sending to its place in the composed program. */
  readonly feed: number;
  /** From there until its part was there for viewers. */
  readonly publication: number;
  /** From there to the pixel. */
  readonly player: number;
}

type Variant = (typeof variants)[number];

interface Visit {
  readonly ways: readonly Way[];
  readonly pictures: readonly ShownPicture[];
  readonly illegible: number;
  readonly stalls: number;
}

export async function run(): Promise<Row[]> {
  const script = await numberedVideo({ ...size, frameRate, count });
  const rows: Row[] = [];
  for (const variant of variants) {
    rows.push(...(await withCleanup((cleanup) => measure(cleanup, script, variant))));
  }
  return rows;
}

async function measure(cleanup: Cleanup, script: Script, { name, variables, viewers }: Variant): Promise<Row[]> {
  const camera = await NumberedCamera.open(cleanup, script);
  const { server, parts } = await serve(cleanup, variables);
  const backend = await NotificationSocket.open(cleanup, server.host, apiToken);
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  await server.addComponent(roomId, 'rtsp', { sourceUri: camera.url });
  await backend.saw(roomId, 'TrackAdded');
  const start = performance.now();
  await server.addComponent(roomId, 'hls', { lowLatency: true });
  await backend.saw(roomId, 'HlsPlayable');
  const playable = performance.now() - start;

  const visits: Visit[] = [];
  for (let viewer = 0; viewer < viewers; viewer += 1) {
    const url = `http://${server.host}/player/${roomId}`;
    visits.push(await withCleanup((cleanup) => visit(cleanup, url, camera, parts)));
  }
  return [
    {
      what: `HLS component to playable, ${name}`,
      figure: `${Math.round(playable)} ms`,
      note: 'a frame is there already',
    },
    sentToPixel(name, visits),
    wholeWay(name, visits, parts),
  ];
}

/** What somebody sees who opens the player page. */
async function visit(cleanup: Cleanup, url: string, camera: NumberedCamera, parts: readonly Part[]): Promise<Visit> {
  const browser = await Browser.launch();
  cleanup.teardown(() => browser.close());
  const tab = await browser.visit(url, await numberReader());
  await tab.locator('body[data-state="playing"]').waitFor();
  await tab.waitForTimeout(settling * 1000);
  const watched = await watch(tab, camera, parts);
  return { ...watched, stalls: Number(await tab.locator('#stalls').textContent()) };
}

/** From each viewer's median to the highest of them, and all their frames together. */
function sentToPixel(name: string, visits: readonly Visit[]): Row {
  const seconds = (ways: readonly Way[], share: number) => (quantileOf(ways, 'total', share) / 1000).toFixed(2);
  const ways = visits.flatMap((visit) => visit.ways);
  const each = (share: number) => visits.map((visit) => seconds(visit.ways, share)).sort();
  const sum = (of: 'stalls' | 'illegible') => visits.reduce((total, visit) => total + visit[of], 0);
  const pause = Math.max(...visits.map(({ pictures }) => maxPause(pictures)));
  return {
    what: `HLS, sent to pixel, ${name}`,
    figure: `p50 ${seconds(ways, 0.5)} s, p95 ${seconds(ways, 0.95)} s`,
    note: [
      `${sum('stalls')} stalls; viewers one after the other: p50 ${each(0.5).join(', ')}, p95 ${each(0.95).join(', ')}`,
      `longest frame ${pause.toFixed(0)} ms; ${ways.length} frames, ${sum('illegible')} illegible; aim: p50 1.0 s, p95 1.2 s`,
    ].join('; '),
  };
}

function wholeWay(name: string, visits: readonly Visit[], parts: readonly Part[]): Row {
  const ways = visits.flatMap((visit) => visit.ways);
  const middle = (of: keyof Way) => quantileOf(ways, of, 0.5).toFixed(0);
  const late = parts.map(({ at, end }) => at - end);
  return {
    what: `HLS, where that time goes, ${name}`,
    figure: `feed ${middle('feed')}, publication ${middle('publication')}, player ${middle('player')} ms`,
    note: `medians; a part is there ${quantile(late, 0.5).toFixed(0)} ms after its end, p95 ${quantile(late, 0.95).toFixed(0)}`,
  };
}

const quantileOf = (ways: readonly Way[], of: keyof Way, share: number) =>
  quantile(
    ways.map((way) => way[of]),
    share,
  );

async function serve(cleanup: Cleanup, variables: Readonly<Record<string, string>>) {
  const all = { ...variables, FJ_LOG_LEVEL: 'warning' };
  const server = await ServerProcess.start(cleanup, all, join(import.meta.dirname, 'load/part-times.ts'));
  const parts: Part[] = [];
  createInterface({ input: server.notes }).on('line', (line) => {
    const [, , at = 0, start = 0, duration = 0] = line.split(' ').map(Number);
    parts.push({ at, start, end: start + duration });
  });
  return { server, parts };
}

/** Follows the pictures for a while, before their numbers are given away again. */
async function watch(tab: Page, camera: NumberedCamera, parts: readonly Part[]) {
  const ways: Way[] = [];
  const pictures: ShownPicture[] = [];
  const { illegible } = await readPictures(tab);
  let last = illegible;
  for (let i = 0; i < measured; i += 1) {
    await tab.waitForTimeout(1000);
    const read = await readPictures(tab);
    last = read.illegible;
    const offset = quantile(read.offsets, 0.5);
    pictures.push(...read.pictures);
    ways.push(...read.pictures.flatMap((picture) => wayOf(picture, offset, camera, parts)));
  }
  return { ways, pictures, illegible: last - illegible };
}

/** What was shown since the last time. */
async function readPictures(tab: Page): Promise<NumberReader> {
  return await tab.evaluate<NumberReader>(
    '(({ pictures, illegible, offsets }) => ({ pictures: pictures.splice(0), illegible, offsets }))(globalThis.numberReader)',
  );
}

function wayOf(picture: ShownPicture, offset: number, camera: NumberedCamera, parts: readonly Part[]): Way[] {
  const sentAt = camera.sentAt(picture.number);
  // Half a millisecond: times of the player are rounded.
  const composedAt = picture.mediaTime + offset;
  const part = parts.find(({ start, end }) => start <= composedAt + 1 && composedAt + 1 < end);
  if (sentAt === undefined || !part) return [];
  return [
    {
      total: picture.at - sentAt,
      feed: composedAt - sentAt,
      publication: part.at - composedAt,
      player: picture.at - part.at,
    },
  ];
}

/** In ms. */
function maxPause(pictures: readonly ShownPicture[]): number {
  const pauses = pictures.slice(1).map(({ at }, index) => at - (pictures[index]?.at ?? at));
  return Math.max(...pauses);
}
