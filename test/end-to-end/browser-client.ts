import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type Page as Tab } from 'playwright-core';
import type { PageCalls, ReceivedTrack, SdkEvent } from './page-calls.ts';

export type Sdk = 'fishjam' | 'jellyfish' | 'cloud';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * Milliseconds within which what a test waits for in the browser must have happened: on a busy machine it takes long until a browser
 * trusts itself to send a large picture again.
 */
export const patience = 120_000;

/** A real Chromium with pages that run the published client SDKs. */
export class Browser {
  readonly #context: BrowserContext;
  readonly #profile: string;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(context: BrowserContext, profile: string, server: ReturnType<typeof createServer>) {
    this.#context = context;
    this.#profile = profile;
    this.#server = server;
  }

  static async launch(): Promise<Browser> {
    const script = await bundle();
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const profile = await mkdtemp(join(tmpdir(), 'shoal-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: flags,
      headless: true,
      timeout: patience,
    });
    context.setDefaultTimeout(patience);
    return new Browser(context, profile, server);
  }

  /** A page of its own, like a participant's tab. @param script runs in it before anything else does */
  async open(script?: string): Promise<Client> {
    const tab = await this.#context.newPage();
    if (script !== undefined) await tab.addInitScript(script);
    const { port } = this.#server.address() as AddressInfo;
    await tab.goto(`http://127.0.0.1:${port}/`);
    await tab.waitForFunction(() => 'shoal' in globalThis);
    return new Client(tab);
  }

  /** A tab with a page of somebody else. @param script runs in it before anything else does */
  async visit(url: string, script?: string): Promise<Tab> {
    const tab = await this.#context.newPage();
    if (script !== undefined) await tab.addInitScript(script);
    await tab.goto(url);
    return tab;
  }

  async close(): Promise<void> {
    await this.#context.close();
    this.#server.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One participant in one page. */
export class Client {
  readonly tab: Tab;
  /** Errors that the page threw or logged. */
  readonly errors: string[] = [];

  constructor(tab: Tab) {
    this.tab = tab;
    tab.on('pageerror', (error) => this.errors.push(error.message));
  }

  async join(sdk: Sdk, host: string, token: string, metadata: unknown = { name: sdk }): Promise<string> {
    return await this.#call('join', sdk, host, token, metadata);
  }

  /** Joins and publishes in one task. @returns the ids of the tracks */
  async enter(sdk: Sdk, host: string, token: string, kinds: ('audio' | 'video')[]): Promise<string[]> {
    return await this.#call('enter', sdk, host, token, kinds);
  }

  async publish(kind: 'audio' | 'video', options: { metadata?: unknown; simulcast?: string[] } = {}): Promise<string> {
    const simulcast = options.simulcast && { active: options.simulcast };
    return await this.#call('publish', kind, options.metadata ?? { type: kind }, simulcast);
  }

  unpublish = (trackId: string) => this.#call('unpublish', trackId);
  replace = (trackId: string, what: 'camera' | 'canvas' | 'nothing') => this.#call('replace', trackId, what);
  setTarget = (trackId: string, encoding: string) => this.#call('setTarget', trackId, encoding);
  setEncoding = (trackId: string, encoding: string, enabled: boolean) =>
    this.#call('setEncoding', trackId, encoding, enabled);
  updatePeerMetadata = (metadata: unknown) => this.#call('updatePeerMetadata', metadata);
  updateTrackMetadata = (trackId: string, metadata: unknown) => this.#call('updateTrackMetadata', trackId, metadata);
  leave = () => this.#call('leave');
  events = () => this.#call('events');
  received = () => this.#call('received');
  follow = () => this.#call('follow');
  remotePeers = () => this.#call('remotePeers');
  connection = () => this.#call('connection');

  /** Waits until what this client receives satisfies `accept`. @throws with the last state when it never does. */
  async receives(what: string, accept: (tracks: ReceivedTrack[]) => boolean): Promise<ReceivedTrack[]> {
    return await this.#until(what, () => this.received(), accept);
  }

  /** Waits until a track that was followed is gone. @param endpointId whose it was. @returns what there was of it in the end */
  async outlives(endpointId: string): Promise<ReceivedTrack> {
    const ofEndpoint = (tracks: ReceivedTrack[]) => tracks.find((track) => track.endpointId === endpointId);
    const look = async () => ofEndpoint(await this.#call('finished'));
    return (await this.#until('the end of a track', look, (track) => track !== undefined)) as ReceivedTrack;
  }

  /** Waits until two looks, one second apart in the page, find the picture of a track at the same frame. */
  async stands(trackId: string): Promise<void> {
    const frames = async () => (await this.received()).find((track) => track.trackId === trackId)?.framesDecoded;
    let before = await frames();
    await this.#until(
      'a picture that stands still',
      async () => {
        await this.tab.evaluate('new Promise((resolve) => setTimeout(resolve, 1000))');
        const now = await frames();
        const stands = now === before;
        before = now;
        return stands;
      },
      Boolean,
    );
  }

  async sees(what: string, accept: (events: SdkEvent[]) => boolean): Promise<void> {
    await this.#until(what, () => this.events(), accept);
  }

  async #until<T>(what: string, look: () => Promise<T>, accept: (state: T) => boolean): Promise<T> {
    const deadline = Date.now() + patience;
    let state = await look();
    while (!accept(state)) {
      if (Date.now() > deadline) throw new Error(`Never saw ${what}; last: ${JSON.stringify(state)}`);
      await this.tab.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))');
      state = await look();
    }
    return state;
  }

  async #call<K extends keyof PageCalls>(
    name: K,
    ...values: Parameters<PageCalls[K]>
  ): Promise<Awaited<ReturnType<PageCalls[K]>>> {
    return (await this.tab.evaluate(
      ([method, list]) => {
        const page = (globalThis as unknown as { shoal: Record<string, (...values: unknown[]) => unknown> }).shoal;
        return page[method as string]?.(...(list as unknown[]));
      },
      [name, values] as const,
    )) as Awaited<ReturnType<PageCalls[K]>>;
  }
}

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [join(import.meta.dirname, 'browser/page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"test"' },
    logLevel: 'error',
  });
  return result.outputFiles[0]?.text ?? '';
}
