import t from 'tap';
import { readConfig } from '../../src/config/config.ts';
import { logStart } from '../../src/log/log-start.ts';
import { createLogger } from '../../src/log/logger.ts';

async function startLines(record: Record<string, string>): Promise<string[]> {
  const config = await readConfig(record);
  const lines: string[] = [];
  const logger = createLogger(config.log, { write: (line) => lines.push(line) });
  logStart(logger, config, { version: '1.2.3', componentTypes: ['file', 'hls'] });
  return lines;
}

t.test(
  'a start logs version, distribution, WebRTC, components, and last the line that tooling waits for',
  async (t) => {
    const lines = await startLines({
      FJ_HOST: 'media.example.com',
      FJ_SSL_KEY_PATH: 'k',
      FJ_SSL_CERT_PATH: 'c',
      FJ_DIST_ENABLED: 'true',
      FJ_DIST_COOKIE: 'crumbs',
      FJ_DIST_NODES: 'app@a',
    });
    const all = lines.join('');
    t.match(all, 'Starting Shoal v1.2.3 (dev)');
    t.match(all, /Distribution config: .*app@a/);
    t.notMatch(all, /crumbs|cookie/);
    t.match(all, /WebRTC config: .*announcedIp/);
    t.match(all, 'Allowed components: ["file","hls"]');
    t.match(lines.at(-1), 'Access FishjamWeb.Endpoint at https://media.example.com\n');
  },
);

t.test('the line that tooling waits for is written at every log level, in both formats', async (t) => {
  for (const structured of ['true', 'false']) {
    const lines = await startLines({ FJ_LOG_LEVEL: 'error', FJ_STRUCTURED_LOGGING: structured });
    t.equal(lines.length, 1);
    t.match(lines[0], 'Access FishjamWeb.Endpoint at http://127.0.0.1:5002');
  }
});

t.test('with Jellyfish variables the line of Jellyfish is written, too', async (t) => {
  t.match((await startLines({ JF_PORT: '4000' })).join(''), 'Access JellyfishWeb.Endpoint at http://127.0.0.1:4000');
});
