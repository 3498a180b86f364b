import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';
import { whenNotBusy } from './busy-server.ts';
import { PortBlock } from './port-block.ts';

/** `src/main.ts` as a process of its own, as `npm start` runs it. */
export class RunningProcess {
  readonly host: string;
  readonly ports: PortBlock;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** What it wrote so far, on both streams. */
  output = '';
  readonly #child: ChildProcess;
  readonly #wrote = new EventEmitter<{ more: [] }>();

  private constructor(child: ChildProcess, ports: PortBlock) {
    this.#child = child;
    this.ports = ports;
    this.host = `127.0.0.1:${ports.max}`;
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
    void this.ended.then(() => this.#wrote.emit('more'));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.output += text;
        this.#wrote.emit('more');
      });
    }
  }

  /**
   * @param variables on top of those for free ports and one media worker; nothing else of our environment is handed on but paths
   * @param wrapper a command that becomes the process, before that of the server
   */
  static async start(
    t: Test,
    variables: Record<string, string> = {},
    wrapper: readonly string[] = [],
  ): Promise<RunningProcess> {
    const ports = await PortBlock.claim(t);
    const folder = await mkdtemp(join(tmpdir(), 'shoal-process-'));
    const { PATH, HOME, XDG_CACHE_HOME, MEDIASOUP_WORKER_BIN, NODE_COMPILE_CACHE } = process.env;
    const paths = { PATH, HOME, XDG_CACHE_HOME, MEDIASOUP_WORKER_BIN, NODE_COMPILE_CACHE };
    const env = {
      ...Object.fromEntries(Object.entries(paths).filter(([, value]) => value !== undefined)),
      FJ_PORT: String(ports.max),
      FJ_METRICS_PORT: String(ports.max - 1),
      FJ_WEBRTC_TURN_PORT_RANGE: ports.range,
      FJ_WEBRTC_TURN_TCP_PORT: String(ports.min),
      FJ_RESOURCES_BASE_PATH: folder,
      SHOAL_WORKERS: '2',
      SHOAL_HLS_EDGES: process.env.SHOAL_HLS_EDGES ?? '0',
      ...variables,
    };
    const main = resolve(import.meta.dirname, '../src/main.ts');
    const [program = '', ...args] = [...wrapper, process.execPath, main];
    const running = new RunningProcess(spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }), ports);
    t.teardown(async () => {
      running.kill('SIGKILL');
      await running.ended;
      await rm(folder, { recursive: true, force: true });
    });
    return running;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a request to its REST API. @returns the body of the response @throws Error with it, when it is no success */
  async ask(method: string, path: string, body?: unknown): Promise<string> {
    const headers = { authorization: 'Bearer development', 'content-type': 'application/json' };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const { response, text } = await whenNotBusy(() =>
      fetch(`http://${this.host}${path}`, { method, headers, ...given }),
    );
    if (!response.ok) throw new Error(text);
    return text;
  }

  /** Waits until it says that it is ready. @throws with what it said when it ends instead */
  async ready(): Promise<this> {
    while (!this.output.includes('Shoal is ready.')) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(this.output);
      await once(this.#wrote, 'more');
    }
    return this;
  }

  /** Names of its direct children, by process id (Linux). */
  async children(): Promise<Map<number, string>> {
    const list = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    const pids = list.split(' ').filter(Boolean).map(Number);
    const names = await Promise.all(pids.map(async (pid) => [pid, await nameOf(pid)] as const));
    return new Map(names.flatMap(([pid, name]) => (name === undefined ? [] : [[pid, name] as const])));
  }

  /** Nobody listens on any of its ports. @throws when somebody does */
  async portsAreFree(): Promise<boolean> {
    const { min, max } = this.ports;
    for (const port of [min, max - 1, max]) {
      const server = createServer();
      await once(server.listen(port, '127.0.0.1'), 'listening');
      await new Promise((closed) => server.close(closed));
    }
    const socket = createSocket('udp4');
    socket.bind(min, '127.0.0.1');
    await once(socket, 'listening');
    socket.close();
    return true;
  }

  /** Waits until it has children: it is starting then. */
  async firstChildren(): Promise<Map<number, string>> {
    for (;;) {
      const children = await this.children();
      if (children.size > 0) return children;
      await new Promise((done) => setImmediate(done));
    }
  }
}

/** Of a process that runs. One that has ended but was not yet asked for its result does not, once its last thread is gone. */
async function nameOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [, name, state] = /\((.*)\) (\w)/.exec(stat) ?? [];
    const threads = await readdir(`/proc/${pid}/task`);
    return threads.length <= 1 && (state === 'Z' || state === 'X') ? undefined : name;
  } catch {
    return undefined;
  }
}

/** Waits until none of the processes runs any more. */
export async function allGone(pids: Iterable<number>): Promise<void> {
  for (const pid of pids) while ((await nameOf(pid)) !== undefined) await new Promise((done) => setImmediate(done));
}
