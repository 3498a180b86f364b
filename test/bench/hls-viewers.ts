import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findProgram } from '../../src/process/find-program.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { freePort } from './load/free-port.ts';
import { childrenOf, cpuTime } from './load/process-usage.ts';
import { ServerProcess } from './load/server-process.ts';
import { quantile, writeStreamSource } from './load/stream-source.ts';

export const title = 'blocked viewers of low-latency HLS';

const viewers = 1000;
/** Parts that are waited for. */
const rounds = 30;
const media = 'g2QABXZpZGVv.m3u8';

interface Position {
  readonly segment: number;
  readonly part: number;
}

/** Arrivals of one part at all viewers, in ms, and the text that they got. */
interface Round {
  readonly spread: number[];
  readonly text: string;
}

export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const resources = await mkdtemp(join(tmpdir(), 'shoal-bench-hls-'));
    cleanup.teardown(() => rm(resources, { recursive: true, force: true }));
    const variables = { SHOAL_PROGRAM_SIZE: '320x180', FJ_LOG_LEVEL: 'error', FJ_RESOURCES_BASE_PATH: resources };
    const server = await ServerProcess.start(cleanup, variables);
    const filePath = await writeStreamSource(resources, 60);
    const roomId = await server.createRoom({ videoCodec: 'h264' });
    await server.addComponent(roomId, 'hls', { lowLatency: true });
    await server.addComponent(roomId, 'file', { filePath, framerate: 24 });
    const agent = new Agent({ keepAlive: true, maxFreeSockets: viewers });
    cleanup.teardown(() => agent.destroy());
    const url = `http://${server.host}/hls/${roomId}/`;
    let text = '';
    while (!text.includes('PRELOAD-HINT')) {
      await pause(100);
      text = (await fetchText(`${url}${media}`, agent)).text;
    }

    const idle = await load(
      () => server.cpuTime(),
      async () => pause(3000),
    );
    const memoryBefore = (await server.memory()).server;
    const all: Round[] = [];
    const busy = await load(
      () => server.cpuTime(),
      async () => {
        for (let i = 0; i < rounds; i += 1) {
          const round = await waitTogether(url, agent, next(text));
          text = round.text;
          all.push(round);
        }
      },
    );
    const memory = (await server.memory()).server - memoryBefore;
    // The first rounds also open the connections.
    const spread = all.slice(5).flatMap((round) => round.spread);
    const perAnswer = ((busy.share - idle.share) * busy.seconds * 1e6) / (rounds * viewers);
    const rows: Row[] = [
      {
        what: `${viewers} blocked viewers, first to last of one part`,
        figure: `p50 ${quantile(spread, 0.5).toFixed(0)} ms, p99 ${quantile(spread, 0.99).toFixed(0)} ms`,
        note: 'counted from the first viewer who has it; the viewers are one process on the same cores',
      },
      {
        what: `${viewers} blocked viewers, CPU of the server`,
        figure: `${((busy.share - idle.share) * 100).toFixed(0)} % of a core, ${Math.round(memory / 1e6)} MB`,
        note: `${perAnswer.toFixed(0)} µs per answer`,
      },
    ];
    return [...rows, await besideNginx(cleanup, text, perAnswer)];
  });
}

/** The same bytes, lying ready on disk, asked for by as many at the same rate. */
async function besideNginx(cleanup: Cleanup, text: string, ours: number): Promise<Row> {
  const what = 'CPU per playlist, ours blocked / nginx static';
  const program = await findProgram('nginx', `${process.env.PATH}:/usr/sbin`);
  if (!program) return { what, note: 'nginx is not installed' };
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-nginx-'));
  cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  await writeFile(join(folder, media), text);
  const http = `access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:${port}; root ${folder}; }`;
  const configuration = `user root; worker_processes 1; events { worker_connections 4096; } http { ${http} }`;
  await writeFile(join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; ${configuration}`);
  const arguments_ = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  const child = spawn(program, arguments_, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  cleanup.teardown(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  await listening(port);
  const agent = new Agent({ keepAlive: true, maxFreeSockets: viewers });
  cleanup.teardown(() => agent.destroy());
  const [worker = 0] = await childrenOf(child.pid as number, 'nginx');
  const { share, seconds } = await load(
    () => cpuTime(worker),
    async () => {
      for (let i = 0; i < rounds; i += 1) await askTogether(`http://127.0.0.1:${port}/${media}`, agent);
    },
  );
  const theirs = (share * seconds * 1e6) / (rounds * viewers);
  return { what, ratio: ours / theirs, figure: `${ours.toFixed(0)} / ${theirs.toFixed(0)} µs` };
}

async function listening(port: number): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    const socket = connect(port, '127.0.0.1');
    const result = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(
        () => false,
        () => false,
      ),
    ]).catch(() => false);
    socket.destroy();
    if (result) return;
    await pause(50);
  }
  throw new Error('nginx does not listen.');
}

async function waitTogether(url: string, agent: Agent, { segment, part }: Position): Promise<Round> {
  return await askTogether(`${url}${media}?_HLS_msn=${segment}&_HLS_part=${part}`, agent);
}

async function askTogether(url: string, agent: Agent): Promise<Round> {
  const answers = await Promise.all(Array.from({ length: viewers }, () => fetchText(url, agent)));
  const first = Math.min(...answers.map(({ at }) => at));
  return { spread: answers.map(({ at }) => at - first), text: answers[0]?.text ?? '' };
}

async function fetchText(url: string, agent: Agent): Promise<{ text: string; at: number }> {
  return await new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ text, at: performance.now() }));
    }).once('error', reject);
  });
}

/** What the playlist says comes next. */
function next(playlist: string): Position {
  const hint = /PRELOAD-HINT.*segment_(\d+)_.*_(\d+)_part/.exec(playlist);
  if (!hint) throw new Error(`No hint in ${playlist}`);
  return { segment: Number(hint[1]), part: Number(hint[2]) };
}

/** Share of a core that something takes meanwhile. @param used processor time so far, in µs */
async function load(used: () => Promise<number>, meanwhile: () => Promise<unknown>) {
  const [before, start] = [await used(), performance.now()];
  await meanwhile();
  const seconds = (performance.now() - start) / 1000;
  return { share: ((await used()) - before) / 1e6 / seconds, seconds };
}
