import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { PeerClient } from '../peer-client.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { ServerProcess } from './load/server-process.ts';
import { StaticServer } from './load/static-server.ts';
import { quantile, writeStreamSource } from './load/stream-source.ts';
import { type Asked, Viewers } from './load/viewers.ts';

export const title = 'blocked viewers of low-latency HLS';

const counts = (process.env.SHOAL_BENCH_VIEWERS ?? '1000 5000').split(' ').map(Number);
/** Processes that serve viewers; 0: the server itself. */
const edgeCounts = (process.env.SHOAL_BENCH_EDGES ?? '0 1 2').split(' ').map(Number);
/** Peers that join meanwhile, and before, when there is nothing else to do. */
const joins = 100;
/** Parts that are waited for, and those before them in which everything becomes warm. */
const rounds = 30;
const warmUp = 8;
/** Parts that can be asked for before they are there: RFC 8216bis section 6.2.5.2 ends at three seconds. */
const maxAhead = 10;
const media = 'g2QABXZpZGVv.m3u8';

/** A stream and when its parts were there for viewers, by `<segment> <part>`, in ms since the epoch. */
interface Stream {
  readonly server: ServerProcess;
  readonly edges: number;
  readonly path: string;
  readonly published: ReadonlyMap<string, number>;
  /** Of the server before anybody came, in bytes. */
  readonly memory: number;
}

interface Measured {
  /** From the moment when the part was there to the last byte at each viewer, in ms. */
  readonly delays: number[];
  /** Processor time for one answer, in µs: of the server with its edges, and of the edges alone. */
  readonly perAnswer: number;
  readonly perAnswerOfEdges: number;
  /** How long peers took to join meanwhile, in ms. */
  readonly joins: readonly number[];
  /** Bytes that each viewer adds. */
  readonly memory: number;
  readonly text: string;
  /** Rounds in which somebody asked only when the part was there. */
  readonly late: number;
}

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const edges of edgeCounts) {
    for (const count of counts) rows.push(...(await withCleanup((cleanup) => compare(cleanup, edges, count))));
  }
  return rows;
}

async function openStream(cleanup: Cleanup, edges: number): Promise<Stream> {
  const resources = await mkdtemp(join(tmpdir(), 'shoal-bench-hls-'));
  cleanup.teardown(() => rm(resources, { recursive: true, force: true }));
  const variables = {
    ...{ SHOAL_PROGRAM_SIZE: '320x180', FJ_LOG_LEVEL: 'error', FJ_RESOURCES_BASE_PATH: resources },
    SHOAL_HLS_EDGES: String(edges),
  };
  const server = await ServerProcess.start(cleanup, variables, join(import.meta.dirname, 'load/part-times.ts'));
  const published = new Map<string, number>();
  createInterface({ input: server.notes }).on('line', (line) => {
    const [segment, part, at] = line.split(' ');
    published.set(`${segment} ${part}`, Number(at));
  });
  const filePath = await writeStreamSource(resources, 30);
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  await server.addComponent(roomId, 'hls', { lowLatency: true });
  await server.addComponent(roomId, 'file', { filePath, framerate: 24 });
  const path = `/hls/${roomId}/`;
  await readPlaylist(`http://${server.host}${path}${media}`);
  // The edges have started by then.
  await pause(3000);
  return { server, edges, published, path, memory: (await server.memory()).server };
}

async function compare(cleanup: Cleanup, edges: number, count: number): Promise<Row[]> {
  const stream = await openStream(cleanup, edges);
  const quiet = quantile(await joinPeers(cleanup, stream.server, () => true), 0.5);
  const ours = await followStream(cleanup, stream, count);
  const nginx = await StaticServer.start(cleanup, Math.max(1, edges));
  const theirs = nginx && (await askStatic(cleanup, nginx, ours.text, count));
  const who = `${count} blocked viewers, ${edges === 1 ? '1 edge' : `${edges} edges`}`;
  if (ours.delays.length === 0) return [{ what: who, note: 'not all could ask in time' }];
  const answers = 1000 / partDuration(ours.text);
  const core = (ours.perAnswer * count * answers) / 1e4;
  const p99 = quantile(ours.delays, 0.99);
  const busiest =
    edges === 0 ? ours.perAnswer : Math.max(ours.perAnswerOfEdges / edges, ours.perAnswer - ours.perAnswerOfEdges);
  const versus = theirs && {
    ratio: p99 / quantile(theirs.delays, 0.99),
    note: `aim: at most 1.2; nginx with ${Math.max(1, edges)} workers, request to last byte: ${written(theirs.delays)}`,
  };
  return [
    {
      what: `${who}, p99 / nginx static`,
      ...{ ratio: versus?.ratio, figure: `part published to last byte: ${written(ours.delays)}` },
      note: `${rounds - ours.late} of ${rounds} parts, as all were waiting; ${versus?.note ?? 'nginx is not installed'}`,
    },
    {
      what: `${who}, CPU`,
      figure: `${core.toFixed(0)} % of a core`,
      note:
        `${ours.perAnswer.toFixed(0)} µs per playlist of ${ours.text.length} bytes, ` +
        `${(ours.perAnswer - ours.perAnswerOfEdges).toFixed(1)} of them in the server itself; each viewer asks for every part; ` +
        `at this cost the busiest process is full with ${(1e6 / busiest / answers).toFixed(0)} viewers`,
    },
    {
      what: `${who}, memory`,
      figure: `${((ours.memory * count) / 1e6).toFixed(0)} MB`,
      note: `${(ours.memory / 1024).toFixed(0)} KiB each`,
    },
    {
      what: `${who}: a websocket join is late by, at p99`,
      figure: `${Math.max(0, quantile(ours.joins, 0.99) - quiet).toFixed(0)} ms`,
      note: `aim: below 20 ms; ${ours.joins.length} joins, ${quiet.toFixed(0)} ms without viewers`,
    },
    {
      what: `CPU per playlist, ours blocked / nginx static, ${count} viewers, ${edges === 1 ? '1 edge' : `${edges} edges`}`,
      ...(theirs
        ? {
            ratio: ours.perAnswer / theirs.perAnswer,
            figure: `${ours.perAnswer.toFixed(0)} / ${theirs.perAnswer.toFixed(0)} µs`,
          }
        : { note: 'nginx is not installed' }),
    },
  ];
}

/** Peers that join one after the other. @returns how long each took to open its socket and to be authenticated, in ms */
async function joinPeers(cleanup: Cleanup, server: ServerProcess, goesOn: () => boolean): Promise<number[]> {
  const roomId = await server.createRoom();
  const tokens: string[] = [];
  for (let i = 0; i < joins; i += 1) tokens.push(await server.addPeer(roomId));
  const times: number[] = [];
  for (const token of tokens) {
    if (!goesOn()) break;
    const startedAt = performance.now();
    const peer = await PeerClient.open(cleanup, server.host);
    await peer.authenticate(token);
    times.push(performance.now() - startedAt);
    peer.socket.close();
    await pause(50);
  }
  return times;
}

/** All viewers wait for the next part, again and again. */
async function followStream(
  cleanup: Cleanup,
  { server, path, published, memory }: Stream,
  count: number,
): Promise<Measured> {
  let text = await readPlaylist(`http://${server.host}${path}${media}`);
  const time = async () => (await server.cpuTime()) + (await server.edgesCpuTime());
  const idle = await used(time, () => pause(3000));
  const idleEdges = await used(
    () => server.edgesCpuTime(),
    () => pause(1000),
  );
  const viewers = await Viewers.open(cleanup, Number(server.host.split(':')[1]), count);
  let ahead = 1;
  const next = async () => {
    const { segment, part } = positionAhead(text, ahead);
    const asked = await viewers.ask(`${path}${media}?_HLS_msn=${segment}&_HLS_part=${part}`);
    text = asked.text;
    // All of them should have asked before it is there.
    ahead = Math.min(maxAhead, 2 + Math.ceil((1.5 * (asked.until - asked.at)) / partDuration(text)));
    return { asked, at: published.get(`${segment} ${part}`) };
  };
  for (let i = 0; i < warmUp; i += 1) await next();
  const all: { asked: Asked; at: number | undefined }[] = [];
  const edgesBefore = await server.edgesCpuTime();
  const busy = await used(time, async () => {
    while (all.length < rounds) all.push(await next());
  });
  const ofEdges = (await server.edgesCpuTime()) - edgesBefore - idleEdges.share * busy.ms * 1000;
  // Not counted above, as joins cost something too.
  const joining = joinPeers(cleanup, server, () => true);
  let joined = false;
  void joining.finally(() => (joined = true));
  while (!joined) await next();
  const punctual = all.flatMap(({ asked, at }) => (at !== undefined && asked.until < at ? [{ asked, at }] : []));
  return {
    delays: punctual.flatMap(({ asked, at }) => Array.from(asked.arrivals, (arrival) => arrival - at)),
    perAnswer: ((busy.share - idle.share) * busy.ms * 1000) / (rounds * count),
    perAnswerOfEdges: ofEdges / (rounds * count),
    joins: await joining,
    memory: ((await server.memory()).server - memory) / count,
    text,
    late: rounds - punctual.length,
  };
}

/** The same bytes, lying ready on disk, asked for by as many at once. */
async function askStatic(cleanup: Cleanup, nginx: StaticServer, text: string, count: number) {
  await nginx.put(media, text);
  const viewers = await Viewers.open(cleanup, nginx.port, count);
  await viewers.ask(`/${media}`);
  const all: Asked[] = [];
  const { share, ms } = await used(
    () => nginx.cpuTime(),
    async () => {
      while (all.length < rounds) all.push(await viewers.ask(`/${media}`));
    },
  );
  const delays = all.flatMap(({ arrivals, at }) => [...arrivals].map((arrival) => arrival - at));
  return { delays, perAnswer: (share * ms * 1000) / (rounds * count) };
}

const written = (delays: readonly number[]) =>
  `p50 ${quantile(delays, 0.5).toFixed(0)} ms, p99 ${quantile(delays, 0.99).toFixed(0)} ms`;

/** As soon as there is one. */
async function readPlaylist(url: string): Promise<string> {
  for (;;) {
    const text = await (await fetch(url)).text();
    if (text.includes('PRELOAD-HINT')) return text;
    await pause(100);
  }
}

/** @param ahead parts from the newest one */
function positionAhead(playlist: string, ahead: number): { segment: number; part: number } {
  const hint = /PRELOAD-HINT.*segment_(\d+)_.*_(\d+)_part/.exec(playlist);
  if (!hint) throw new Error(`No hint in ${playlist}`);
  const perSegment = Math.round(targetDuration(playlist) / partDuration(playlist));
  const position = Number(hint[1]) * perSegment + Number(hint[2]) + ahead - 1;
  return { segment: Math.floor(position / perSegment), part: position % perSegment };
}

/** In ms. */
function targetDuration(playlist: string): number {
  return Number(/TARGETDURATION:(\d+)/.exec(playlist)?.[1]) * 1000;
}

/** In ms. */
function partDuration(playlist: string): number {
  return Number(/PART-TARGET=([\d.]+)/.exec(playlist)?.[1]) * 1000;
}

/** Share of a core that something takes meanwhile. @param time processor time so far, in µs */
async function used(time: () => Promise<number>, meanwhile: () => Promise<unknown>) {
  const [before, start] = [await time(), performance.now()];
  await meanwhile();
  const ms = performance.now() - start;
  return { share: ((await time()) - before) / 1000 / ms, ms };
}
