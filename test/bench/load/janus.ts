import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from './cleanup.ts';
import { freePort } from './free-port.ts';
import { JanusSocket } from './janus-socket.ts';

const adminSecret = 'bench';
/** Milliseconds. */
const startTimeout = 10_000;

export interface JanusOptions {
  readonly program: string;
  readonly room: number;
  /** Threads for media; 0 is one per client, as Janus does it unless told otherwise. */
  readonly eventLoops: number;
}

/** A Janus of our own with nothing but a VideoRoom, its configuration in a temporary folder. */
export class Janus {
  readonly pid: number;
  readonly #port: number;
  readonly #adminPort: number;

  private constructor(pid: number, port: number, adminPort: number) {
    this.pid = pid;
    this.#port = port;
    this.#adminPort = adminPort;
  }

  static async start(cleanup: Cleanup, options: JanusOptions): Promise<Janus> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-janus-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    const adminPort = await freePort();
    await writeConfiguration(folder, options, port, adminPort);
    const child = spawn(options.program, ['--configs-folder', folder, '--config', join(folder, 'janus.jcfg')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(child, 'exit');
    cleanup.teardown(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    const janus = new Janus(child.pid as number, port, adminPort);
    await untilListening(child, cleanup, janus);
    return janus;
  }

  async open(cleanup: Cleanup): Promise<JanusSocket> {
    return await JanusSocket.open(cleanup, `ws://127.0.0.1:${this.#port}`, 'janus-protocol');
  }

  async openAdmin(cleanup: Cleanup): Promise<JanusSocket> {
    const fields = { admin_secret: adminSecret };
    return await JanusSocket.open(cleanup, `ws://127.0.0.1:${this.#adminPort}`, 'janus-admin-protocol', fields);
  }
}

async function untilListening(child: ChildProcess, cleanup: Cleanup, janus: Janus): Promise<void> {
  const deadline = performance.now() + startTimeout;
  for (;;) {
    try {
      await janus.open(cleanup);
      return;
    } catch (error) {
      if (child.exitCode !== null || performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}

async function writeConfiguration(folder: string, options: JanusOptions, port: number, adminPort: number) {
  const library = await libraryFolder();
  for (const [kind, file] of Object.entries(modules)) {
    await mkdir(join(folder, kind));
    if (file) await symlink(join(library, kind, file), join(folder, kind, file));
  }
  const general = {
    plugins_folder: join(folder, 'plugins'),
    transports_folder: join(folder, 'transports'),
    events_folder: join(folder, 'events'),
    loggers_folder: join(folder, 'loggers'),
    admin_secret: adminSecret,
    debug_level: 2,
    session_timeout: 0,
    ...(options.eventLoops > 0 && { event_loops: options.eventLoops }),
  };
  const files = {
    'janus.jcfg': { general, nat: { ice_lite: true }, media: { ipv6: false } },
    'janus.transport.websockets.jcfg': {
      general: { ws: true, ws_port: port, ws_ip: '127.0.0.1' },
      admin: { admin_ws: true, admin_ws_port: adminPort, admin_ws_ip: '127.0.0.1' },
    },
    'janus.plugin.videoroom.jcfg': {
      [`room-${options.room}`]: { description: 'bench', publishers: 1, videocodec: 'vp8', bitrate: 0 },
    },
  };
  for (const [name, sections] of Object.entries(files)) await writeFile(join(folder, name), libconfig(sections));
}

/** What Janus shall load, by folder. */
const modules = {
  plugins: 'libjanus_videoroom.so',
  transports: 'libjanus_websockets.so',
  events: undefined,
  loggers: undefined,
};

async function libraryFolder(): Promise<string> {
  for await (const folder of glob('/usr/lib/{*/,}janus')) return folder;
  throw new Error('The plugins of Janus are not where Debian puts them.');
}

/** The notation of libconfig; a string is written as in JSON. */
function libconfig(sections: Record<string, Record<string, string | number | boolean>>): string {
  const lines = Object.entries(sections).map(([name, settings]) => {
    const body = Object.entries(settings).map(([key, value]) => `  ${key} = ${JSON.stringify(value)}`);
    return [`${name}: {`, ...body, '}'].join('\n');
  });
  return `${lines.join('\n')}\n`;
}
