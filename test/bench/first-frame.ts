import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { Browser, type Sdk } from '../end-to-end/browser-client.ts';
import { RunningServer } from '../running-server.ts';
import type { Row } from './benchmark.ts';
import { withCleanup } from './load/cleanup.ts';
import { median } from './load/median.ts';

export const title = 'token to first decoded frame in Chromium';

const repetitions = 10;
const sdks = { fishjam: 'relayed by coturn', cloud: 'direct' } as const;

/** Milliseconds from the call of the SDK's `connect`. */
type Steps = Record<(typeof order)[number], number>;
const order = ['authenticated', 'asked', 'answered', 'connected', 'decoded'] as const;

export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const server = await RunningServer.start(cleanup);
    const browser = await Browser.launch();
    cleanup.teardown(() => browser.close());
    const roomId = await server.createRoom();
    const publisher = await browser.open();
    await publisher.join('cloud', server.host, (await server.addPeer(roomId)).token);
    await publisher.publish('audio');
    await publisher.publish('video');
    const probe = await compileProbe();
    // The first one also pays for what Chromium starts once.
    await joinOnce(server, browser, roomId, 'cloud', probe);

    const rows: Row[] = [];
    for (const [sdk, way] of Object.entries(sdks) as [Sdk, string][]) {
      const runs: Steps[] = [];
      while (runs.length < repetitions) runs.push(await joinOnce(server, browser, roomId, sdk, probe));
      rows.push(summary(`Token to first decoded frame, ${sdk} SDK, ${way}`, runs));
    }
    return rows;
  });
}

async function joinOnce(
  server: RunningServer,
  browser: Browser,
  roomId: string,
  sdk: Sdk,
  probe: string,
): Promise<Steps> {
  const { id, token } = await server.addPeer(roomId);
  const client = await browser.open(probe);
  const start = (await client.tab.evaluate('performance.now()')) as number;
  await client.join(sdk, server.host, token);
  await client.tab.waitForFunction('globalThis.frameSteps.decoded !== undefined');
  const steps = (await client.tab.evaluate('globalThis.frameSteps')) as Steps;
  await client.tab.close();
  await server.delete(`/room/${roomId}/peer/${id}`);
  return Object.fromEntries(order.map((step) => [step, steps[step] - start])) as Steps;
}

function summary(what: string, runs: readonly Steps[]): Row {
  const at = order.map((step) => median(runs.map((steps) => steps[step])));
  const parts = order.map((step, index) => `${step} ${at[index]?.toFixed(0)}`).join(', ');
  const total = runs.map(({ decoded }) => decoded);
  const range = `${Math.min(...total).toFixed(0)} to ${Math.max(...total).toFixed(0)}`;
  return {
    what,
    figure: `${median(total).toFixed(0)} ms`,
    note: `below 1 s; median of ${runs.length}, ${range}; ${parts}`,
  };
}

async function compileProbe(): Promise<string> {
  const source = await readFile(join(import.meta.dirname, 'browser/frame-probe.ts'), 'utf8');
  return (await transform(source, { loader: 'ts', format: 'iife' })).code;
}
