import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { eventually } from '../../eventually.ts';
import { PortBlock } from '../../port-block.ts';

const module = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** nginx with its RTMP module: `live` takes and records every stream, `closed` none. */
export class RtmpServer {
  readonly port: number;
  readonly recordings: string;
  readonly #folder: string;
  /** Port of the HTTP server that says no. */
  readonly #authority: number;
  #process: ReturnType<typeof spawn> | undefined;
  #runs = 0;

  private constructor(port: number, authority: number, folder: string) {
    this.port = port;
    this.#authority = authority;
    this.#folder = folder;
    this.recordings = join(folder, 'recordings');
  }

  static async start(t: Test): Promise<RtmpServer> {
    const authority = createHttpServer((_request, response) => response.writeHead(403).end());
    authority.listen(0, '127.0.0.1');
    await once(authority, 'listening');
    t.teardown(() => authority.close());
    const { port } = authority.address() as AddressInfo;
    const server = new RtmpServer((await PortBlock.claim(t)).min, port, t.testdir({}));
    await mkdir(server.recordings);
    await server.run();
    t.teardown(() => server.kill());
    return server;
  }

  async run(): Promise<void> {
    this.#runs += 1;
    await writeFile(join(this.#folder, 'nginx.conf'), this.#configuration());
    const args = ['-e', 'stderr', '-p', this.#folder, '-c', join(this.#folder, 'nginx.conf')];
    this.#process = spawn('/usr/sbin/nginx', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    await eventually('nginx listens', () => isListening(this.port));
  }

  /** At once, like a crash. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (!process || process.exitCode !== null) return;
    const exited = once(process, 'exit');
    process.kill('SIGKILL');
    await exited;
  }

  /** Lets what is recorded be completed. */
  async quit(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (!process) return;
    const exited = once(process, 'exit');
    process.kill('SIGTERM');
    await exited;
  }

  /** Paths, oldest first. */
  async recorded(): Promise<string[]> {
    const names = await readdir(this.recordings);
    return names.sort().map((name) => join(this.recordings, name));
  }

  #configuration(): string {
    // The time in a recording's name has whole seconds: a server that is back within one must not go on in the same file.
    const application = `live on; record all; record_unique on; record_suffix -${this.#runs}.flv;`;
    return `load_module ${module};
user root;
daemon off;
master_process off;
pid ${this.#folder}/nginx.pid;
error_log stderr crit;
events {}
rtmp { server {
  listen 127.0.0.1:${this.port};
  application live { ${application} record_path ${this.recordings}; }
  application closed { live on; on_publish http://127.0.0.1:${this.#authority}/; }
} }
`;
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
