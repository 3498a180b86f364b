import { setTimeout as pause } from 'node:timers/promises';
import { Browser } from '../media/browser-client.ts';
import { RunningServer } from '../media/running-server.ts';
import type { Row } from './benchmark.ts';
import { withCleanup } from './load/cleanup.ts';
import { quantile, writeStreamSource } from './load/stream-source.ts';

export const title = 'how far low-latency HLS is behind in hls.js';

/** Seconds for the player to settle, and then measured. */
const settling = 5;
const measured = 15;

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [part, segment] of [
    [300, 2],
    [200, 1],
  ] as const) {
    rows.push(...(await measure(part, segment)));
  }
  return rows;
}

async function measure(part: number, segment: number): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const server = await RunningServer.start(cleanup, {
      ...{ SHOAL_HLS_PART_MS: String(part), SHOAL_HLS_SEGMENT_SECONDS: String(segment) },
      ...{ SHOAL_PROGRAM_SIZE: '1280x720', FJ_LOG_LEVEL: 'error' },
    });
    const filePath = await writeStreamSource(server.config.resourcesBasePath, settling + measured + 15);
    const browser = await Browser.launch();
    cleanup.teardown(() => browser.close());
    const roomId = await server.createRoom({ videoCodec: 'h264' });
    const backend = await server.subscribe();
    await server.ask('POST', `/room/${roomId}/component`, { type: 'hls', options: { lowLatency: true } });
    const start = performance.now();
    await server.ask('POST', `/room/${roomId}/component`, { type: 'file', options: { filePath, framerate: 24 } });
    await backend.saw(roomId, 'HlsPlayable');
    const playable = performance.now() - start;
    const tab = await browser.visit(`http://${server.host}/player/${roomId}`);
    await tab.locator('body[data-state="playing"]').waitFor();
    await pause(settling * 1000);
    const behind: number[] = [];
    for (let i = 0; i < measured * 4; i += 1) {
      await pause(250);
      behind.push(Number(await tab.locator('body').getAttribute('data-behind')));
    }
    const stalls = await tab.locator('#stalls').textContent();
    const name = `${part} ms parts, ${segment} s segments`;
    const seconds = (share: number) => `${(quantile(behind, share) / 1000).toFixed(2)} s`;
    const note = `720p24, clock of the composed picture to hls.js; ${stalls} stalls; aim: p50 1.8 s`;
    return [
      { what: `HLS behind, ${name}`, figure: `p50 ${seconds(0.5)}, p95 ${seconds(0.95)}`, note },
      { what: `First track to playable, ${name}`, figure: `${Math.round(playable)} ms` },
    ];
  });
}
