import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { childrenOf } from '../../child-processes.ts';
import { PortBlock } from '../../port-block.ts';
import type { Cleanup } from './cleanup.ts';
import { freePort } from './free-port.ts';
import { cpuTime, residentMemory } from './process-usage.ts';

const root = join(import.meta.dirname, '../../..');
/** Requests that are on their way at once. */
const connections = 16;

/** Memory in bytes. */
export interface Memory {
  /** With the processes that serve viewers of HLS. */
  readonly server: number;
  /** All media workers together. */
  readonly workers: number;
}

/** The server as it is started in earnest: a process of its own, so that its figures are not ours too. */
export class ServerProcess {
  /** `host:port` of the API and the sockets. */
  readonly host: string;
  /** What a module that was loaded beforehand writes to descriptor 3. */
  readonly notes: Readable;
  readonly pid: number;
  readonly #http: Pool;

  private constructor(host: string, pid: number, notes: Readable) {
    this.host = host;
    this.notes = notes;
    this.pid = pid;
    this.#http = new Pool(`http://${host}`, { connections });
  }

  /** @param preload path of a module that the process loads before the server */
  static async start(
    cleanup: Cleanup,
    variables: Record<string, string> = {},
    preload?: string,
  ): Promise<ServerProcess> {
    const ports = await PortBlock.claim(cleanup);
    const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    const child = spawn(process.execPath, [...(preload ? ['--import', preload] : []), join(root, 'src/main.ts')], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      env: {
        ...process.env,
        FJ_IP: '127.0.0.1',
        FJ_PORT: String(port),
        FJ_METRICS_PORT: String(await freePort()),
        FJ_WEBRTC_TURN_PORT_RANGE: `${ports.min + 1}-${ports.max}`,
        FJ_WEBRTC_TURN_TCP_PORT: String(ports.min),
        FJ_RESOURCES_BASE_PATH: folder,
        ...variables,
      },
    });
    const exited = once(child, 'exit');
    cleanup.teardown(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    await Promise.race([
      saysReady(child.stdout as Readable),
      exited.then(([code]) => Promise.reject(new Error(`The server ended with ${code}.`))),
    ]);
    const server = new ServerProcess(`127.0.0.1:${port}`, child.pid as number, child.stdio[3] as Readable);
    cleanup.teardown(() => server.#http.destroy());
    return server;
  }

  /** Processor time of the server without its workers so far, in microseconds. */
  async cpuTime(): Promise<number> {
    return await cpuTime(this.pid);
  }

  /** Processor time of the processes that serve viewers of HLS so far, in microseconds. */
  async edgesCpuTime(): Promise<number> {
    const times = await Promise.all(childrenOf(this.pid, 'edge').map(cpuTime));
    return times.reduce((sum, time) => sum + time, 0);
  }

  async memory(): Promise<Memory> {
    const workers = childrenOf(this.pid, 'media worker');
    const sizes = await Promise.all(workers.map(residentMemory));
    const edges = await Promise.all(childrenOf(this.pid, 'edge').map(residentMemory));
    const sum = (all: number[]) => all.reduce((total, size) => total + size, 0);
    return { server: (await residentMemory(this.pid)) + sum(edges), workers: sum(sizes) };
  }

  /** @param config as the API takes it. @returns the new room's id */
  async createRoom(config: Record<string, unknown> = {}): Promise<string> {
    const { room } = (await this.#post('/room', config)) as { room: { id: string } };
    return room.id;
  }

  /** @returns the token of a new peer */
  async addPeer(roomId: string): Promise<string> {
    return ((await this.#post(`/room/${roomId}/peer`, { type: 'webrtc', options: {} })) as { token: string }).token;
  }

  /** @returns the component's id */
  async addComponent(roomId: string, type: string, options: Record<string, unknown>): Promise<string> {
    return ((await this.#post(`/room/${roomId}/component`, { type, options })) as { id: string }).id;
  }

  /** @returns the text of the answer. @throws Error when the status is another one */
  async ask(method: 'POST' | 'DELETE', path: string, expected: number, body?: unknown): Promise<string> {
    const { statusCode, body: answer } = await this.#http.request({
      method,
      path,
      headers: {
        authorization: 'Bearer development',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (statusCode !== expected) throw new Error(`${method} ${path} answered ${statusCode}: ${text}`);
    return text;
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    return (JSON.parse(await this.ask('POST', path, 201, body)) as { data: unknown }).data;
  }
}

/** Reads on afterwards, so that the log does not fill the pipe. */
async function saysReady(output: NodeJS.ReadableStream): Promise<void> {
  const lines = createInterface({ input: output });
  await new Promise<void>((resolve) => {
    lines.on('line', (line) => line.includes('Shoal is ready') && resolve());
  });
}
