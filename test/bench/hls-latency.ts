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
const measured = Number(process.env.SHOAL_BENCH_SECONDS ?? 16);
/** In ms: parts and segments. */
const cuts = [
  [300, 2000],
  [200, 1000],
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

export async function run(): Promise<Row[]> {
  const script = await numberedVideo({ ...size, frameRate, count });
  const rows: Row[] = [];
  for (const [part, segment] of cuts) {
    rows.push(...(await withCleanup((cleanup) => measure(cleanup, script, part, segment))));
  }
  return rows;
}

async function measure(cleanup: Cleanup, script: Script, part: number, segment: number): Promise<Row[]> {
  const camera = await NumberedCamera.open(cleanup, script);
  const { server, parts } = await serve(cleanup, part, segment);
  const backend = await NotificationSocket.open(cleanup, server.host, apiToken);
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  await server.addComponent(roomId, 'rtsp', { sourceUri: camera.url });
  await backend.saw(roomId, 'TrackAdded');
  const start = performance.now();
  await server.addComponent(roomId, 'hls', { lowLatency: true });
  await backend.saw(roomId, 'HlsPlayable');
  const playable = performance.now() - start;

  const browser = await Browser.launch();
  cleanup.teardown(() => browser.close());
  const tab = await browser.visit(`http://${server.host}/player/${roomId}`, await numberReader());
  await tab.locator('body[data-state="playing"]').waitFor();
  await tab.waitForTimeout(settling * 1000);
  const { ways, pictures, illegible } = await watch(tab, camera, parts);
  const stalls = await tab.locator('#stalls').textContent();

  const name = `${part} ms parts, ${segment / 1000} s segments`;
  const middle = (of: keyof Way) =>
    quantile(
      ways.map((way) => way[of]),
      0.5,
    ).toFixed(0);
  const seconds = (share: number) =>
    (
      quantile(
        ways.map(({ total }) => total),
        share,
      ) / 1000
    ).toFixed(2);
  const late = parts.slice(-pictures.length).map(({ at, end }) => at - end);
  return [
    {
      what: `HLS, sent to pixel, ${name}`,
      figure: `p50 ${seconds(0.5)} s, p95 ${seconds(0.95)} s`,
      note: `${stalls} stalls, longest picture ${maxPause(pictures)} ms; ${ways.length} pictures, ${illegible} illegible; aim: p50 1.8 s`,
    },
    {
      what: `HLS, where that time goes, ${name}`,
      figure: `feed ${middle('feed')}, publication ${middle('publication')}, player ${middle('player')} ms`,
      note: `medians; a part is there ${quantile(late, 0.5).toFixed(0)} ms after its end, p95 ${quantile(late, 0.95).toFixed(0)}`,
    },
    {
      what: `HLS component to playable, ${name}`,
      figure: `${Math.round(playable)} ms`,
      note: 'a picture is there already',
    },
  ];
}

async function serve(cleanup: Cleanup, part: number, segment: number) {
  const variables = {
    ...{ SHOAL_HLS_PART_MS: String(part), SHOAL_HLS_SEGMENT_SECONDS: String(segment / 1000) },
    ...{ SHOAL_PROGRAM_SIZE: `${size.width}x${size.height}`, FJ_LOG_LEVEL: 'warning' },
  };
  const server = await ServerProcess.start(cleanup, variables, join(import.meta.dirname, 'load/part-times.ts'));
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
function maxPause(pictures: readonly ShownPicture[]): string {
  const pauses = pictures.slice(1).map(({ at }, index) => at - (pictures[index]?.at ?? at));
  return Math.max(...pauses).toFixed(0);
}
