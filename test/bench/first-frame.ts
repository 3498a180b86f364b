import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { transform } from 'esbuild';
import { Browser, type Client, type Sdk } from '../end-to-end/browser-client.ts';
import { RunningServer } from '../running-server.ts';
import type { Row } from './benchmark.ts';
import { withCleanup } from './load/cleanup.ts';
import { median } from './load/median.ts';

export const title = 'token to first decoded frame in Chromium';

const repetitions = 10;
const publishers = 3;
/** Time for a round that nobody needs to come, in ms. */
const quietTime = 1000;

/** The clients of the older generations want the relay; what the newest one takes there is measured, too. */
const ways: readonly { readonly sdk: Sdk; readonly policy: 'relay' | 'all' }[] = [
  { sdk: 'jellyfish', policy: 'relay' },
  { sdk: 'fishjam', policy: 'relay' },
  { sdk: 'cloud', policy: 'relay' },
  { sdk: 'cloud', policy: 'all' },
];
const paths = { relay: 'relayed by coturn', all: 'direct' } as const;

/** Milliseconds from the call of the SDK's `connect`. */
type Steps = Record<(typeof order)[number], number>;
const order = ['authenticated', 'asked', 'answered', 'connected', 'decoded'] as const;

export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const server = await RunningServer.start(cleanup);
    const browser = await Browser.launch();
    cleanup.teardown(() => browser.close());
    const room = new JoinedRoom(server, browser, await server.createRoom(), await compileProbe());
    await room.open();
    // The first one also pays for what Chromium starts once.
    await room.watch('cloud', 'all');

    const rows: Row[] = [];
    for (const { sdk, policy } of ways) {
      const runs: Steps[] = [];
      while (runs.length < repetitions) runs.push(await room.watch(sdk, policy));
      rows.push(summary(`Token to first decoded frame, ${sdk} SDK, ${paths[policy]}`, runs));
    }
    for (const sdk of ['jellyfish', 'fishjam', 'cloud'] as const) {
      const counts: { one: number; two: number }[] = [];
      while (counts.length < publishers) {
        counts.push({
          one: await room.publish(sdk, ['video']),
          two: await room.publish(sdk, ['audio', 'video']),
        });
      }
      const middle = (tracks: 'one' | 'two') => median(counts.map((count) => count[tracks]));
      const note = 'with a video track that is added as soon as the SDK has joined; with audio and video';
      rows.push({
        what: `Rounds per joining publisher, ${sdk} SDK`,
        figure: `${middle('one')}`,
        note: `${note} ${middle('two')}`,
      });
    }
    return rows;
  });
}

/** A room in which somebody publishes, and pages that join it. */
class JoinedRoom {
  readonly #server: RunningServer;
  readonly #browser: Browser;
  readonly #id: string;
  readonly #probe: string;

  constructor(server: RunningServer, browser: Browser, id: string, probe: string) {
    this.#server = server;
    this.#browser = browser;
    this.#id = id;
    this.#probe = probe;
  }

  /** Somebody publishes, and stays. */
  async open(): Promise<void> {
    const client = await this.#browser.open();
    const { token } = await this.#server.addPeer(this.#id);
    await client.join('cloud', this.#server.host, token);
    await client.publish('audio');
    await client.publish('video');
  }

  /** @returns when the steps of a viewer happened */
  async watch(sdk: Sdk, policy: 'relay' | 'all'): Promise<Steps> {
    return await this.#visit(`globalThis.icePolicy = '${policy}';`, async (client, token) => {
      const start = (await client.tab.evaluate('performance.now()')) as number;
      await client.join(sdk, this.#server.host, token);
      await client.tab.waitForFunction('globalThis.frameSteps.decoded !== undefined');
      const steps = (await client.tab.evaluate('globalThis.frameSteps')) as Steps;
      return Object.fromEntries(order.map((step) => [step, steps[step] - start])) as Steps;
    });
  }

  /** @returns number of offers that a publisher made */
  async publish(sdk: Sdk, kinds: ('audio' | 'video')[]): Promise<number> {
    return await this.#visit('', async (client, token) => {
      await client.enter(sdk, this.#server.host, token, kinds);
      await pause(quietTime);
      return (await client.tab.evaluate('globalThis.frameSteps.rounds')) as number;
    });
  }

  async #visit<T>(script: string, work: (client: Client, token: string) => Promise<T>): Promise<T> {
    const { id, token } = await this.#server.addPeer(this.#id);
    const client = await this.#browser.open(`${script}${this.#probe}`);
    const result = await work(client, token);
    await client.tab.close();
    await this.#server.delete(`/room/${this.#id}/peer/${id}`);
    return result;
  }
}

function summary(what: string, runs: readonly Steps[]): Row {
  const at = order.map((step) => median(runs.map((steps) => steps[step])));
  const parts = order.map((step, index) => `${step} ${at[index]?.toFixed(0)}`).join(', ');
  const asked = median(runs.map((steps) => steps.asked - steps.authenticated));
  const total = runs.map(({ decoded }) => decoded);
  const range = `${Math.min(...total).toFixed(0)} to ${Math.max(...total).toFixed(0)}`;
  return {
    what,
    figure: `${median(total).toFixed(0)} ms`,
    note: `authenticated -> asked ${asked.toFixed(0)} ms (below 20); median of ${runs.length}, ${range}; ${parts}`,
  };
}

async function compileProbe(): Promise<string> {
  const source = await readFile(join(import.meta.dirname, 'browser/frame-probe.ts'), 'utf8');
  return (await transform(source, { loader: 'ts', format: 'iife' })).code;
}
