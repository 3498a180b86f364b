import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import type { Cleanup } from './cleanup.ts';
import { CompanionProcess } from './companion-process.ts';
import type { PictureSize } from './virtual-display.ts';

const flags = [
  ...['--no-sandbox', '--test-type', '--disable-gpu', '--kiosk', '--no-first-run', '--window-position=0,0'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
  '--autoplay-policy=no-user-gesture-required',
];

/** Milliseconds. */
const startTimeout = 30_000;

export interface RoomWindowOptions {
  readonly size: PictureSize;
  /** Where the window is, and what plays its sound. */
  readonly environment: Readonly<Record<string, string>>;
  /** `host:port` of the server. */
  readonly host: string;
  readonly token: string;
}

/** Chromium in a window, in a room. */
export class RoomWindow {
  readonly pid: number;
  /** Pictures that each track has shown so far. */
  shown: readonly number[] = [];
  readonly #news: EventEmitter<{ shown: [] }>;

  private constructor(pid: number, news: EventEmitter<{ shown: [] }>) {
    this.pid = pid;
    this.#news = news;
  }

  static async open(cleanup: Cleanup, { size, environment, host, token }: RoomWindowOptions): Promise<RoomWindow> {
    const news = new EventEmitter<{ shown: [] }>();
    const page = await servePage(cleanup, (shown) => {
      window.shown = shown;
      news.emit('shown');
    });
    const profile = await mkdtemp(join(tmpdir(), 'shoal-window-'));
    cleanup.teardown(() => rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
    const own = [`--user-data-dir=${profile}`, `--window-size=${size.width},${size.height}`];
    const address = `${page}?host=${host}&token=${encodeURIComponent(token)}`;
    const program = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
    const env = { ...process.env, ...environment };
    const chromium = await CompanionProcess.start(cleanup, program, [...flags, ...own, address], { env });
    const window = new RoomWindow(chromium.pid, news);
    return window;
  }

  /** Waits until so many tracks show pictures. */
  async plays(tracks: number): Promise<void> {
    const signal = AbortSignal.timeout(startTimeout);
    while (this.shown.filter((count) => count > 0).length < tracks) await once(this.#news, 'shown', { signal });
  }
}

/** @returns the address of the page */
async function servePage(cleanup: Cleanup, onShown: (shown: number[]) => void): Promise<string> {
  const script = await bundle();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/shown') onShown(JSON.parse(await text(request)));
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script>');
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanup.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [join(import.meta.dirname, '../browser/room-page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  return result.outputFiles[0]?.text ?? '';
}
