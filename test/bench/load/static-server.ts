import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findProgram } from '../../../src/process/find-program.ts';
import { childrenWith } from '../../child-processes.ts';
import type { Cleanup } from './cleanup.ts';
import { freePort } from './free-port.ts';
import { cpuTime } from './process-usage.ts';

/** nginx, serving files that lie ready. */
export class StaticServer {
  readonly port: number;
  readonly #folder: string;
  readonly #workers: readonly number[];

  private constructor(port: number, folder: string, workers: readonly number[]) {
    this.port = port;
    this.#folder = folder;
    this.#workers = workers;
  }

  /** @param count of its workers @returns undefined when nginx is not installed */
  static async start(cleanup: Cleanup, count: number): Promise<StaticServer | undefined> {
    const program = await findProgram('nginx', `${process.env.PATH}:/usr/sbin`);
    if (!program) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-nginx-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    const http = `access_log off; keepalive_requests 1000000; keepalive_timeout 600; server { listen 127.0.0.1:${port} backlog=4096 reuseport; root ${folder}; }`;
    const workers = `worker_processes ${count}; worker_rlimit_nofile 16384; events { worker_connections 16384; }`;
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; user root; ${workers} http { ${http} }`,
    );
    const options = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
    const child = spawn(program, options, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    cleanup.teardown(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    await listening(port);
    return new StaticServer(port, folder, childrenWith(child.pid as number, 'nginx'));
  }

  async put(name: string, content: string | Uint8Array): Promise<void> {
    await writeFile(join(this.#folder, name), content);
  }

  /** Processor time of its workers so far, in microseconds. */
  async cpuTime(): Promise<number> {
    const times = await Promise.all(this.#workers.map(cpuTime));
    return times.reduce((sum, time) => sum + time, 0);
  }
}

async function listening(port: number): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await pause(50);
  }
  throw new Error('nginx does not listen.');
}
