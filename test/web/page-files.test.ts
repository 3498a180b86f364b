import { join } from 'node:path';
import { fastify } from 'fastify';
import { pino } from 'pino';
import t from 'tap';
import { callFiles, PageFiles } from '../../src/web/page-files.ts';
import { PageScriptError } from '../../src/web/page-script.ts';
import { RunningApi } from '../api/running-api.ts';

const demo = {
  path: '/demo',
  base: '/demo',
  folder: join(import.meta.dirname, '../../src/web/demo/browser'),
  files: [...callFiles, 'side.css'],
};

async function serve(buildScript: () => Promise<string>): Promise<RunningApi> {
  const api = await RunningApi.start({ plugins: [new PageFiles({ ...demo, buildScript }).routes] });
  t.teardown(() => api.close());
  return api;
}

t.test('the page is served with all its files and a strict policy', async (t) => {
  const api = await serve(async () => 'the script');
  const page = await api.ask('GET', '/demo', { anonymous: true });
  t.equal(page.status, 200);
  t.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  t.match(page.headers['content-security-policy'], /default-src 'none'/);
  t.match(page.headers['content-security-policy'], /frame-ancestors 'none'/);
  t.equal(page.headers['x-content-type-options'], 'nosniff');
  const wanted = new Set(Array.from(page.text.matchAll(/(?:src|href)="(\/demo\/[^"]+)"/g), ([, path = '']) => path));
  t.same([...wanted].sort(), ['/demo/base.css', '/demo/icon.svg', '/demo/page.js', '/demo/room.css', '/demo/side.css']);
  for (const path of wanted) t.equal((await api.ask('GET', path, { anonymous: true })).status, 200, path);
  t.notMatch(page.text, /(?:src|href)="(?:https?:)?\/\//);
  t.equal((await api.ask('GET', '/demo/page.js')).text, 'the script');
  t.equal((await api.ask('GET', '/demo/')).text, page.text);
});

t.test('a script that cannot be built is explained', async (t) => {
  const api = await serve(async () => {
    throw new PageScriptError('The bundler is not installed.');
  });
  for (const path of ['/demo', '/demo/page.js']) {
    const { status, headers, text } = await api.ask('GET', path);
    t.equal(status, 503, path);
    t.equal(headers['content-type'], 'text/plain; charset=utf-8');
    t.match(text, 'not installed');
  }
  t.equal((await api.ask('GET', '/demo/base.css')).status, 200);
});

t.test('the log says which page, and not who opened it', async (t) => {
  let log = '';
  const app = fastify({ loggerInstance: pino({ level: 'warn' }, { write: (line) => (log += line) }) });
  const buildScript = async () => {
    throw new PageScriptError('The bundler is not installed.');
  };
  await app.register(new PageFiles({ ...demo, buildScript }).routes);
  t.equal((await app.inject('/demo?data=somebody&sig=private')).statusCode, 503);
  t.match(log, '"path":"/demo"');
  t.notMatch(log, /somebody|private/);
  await app.close();
});

t.test('an unexpected error stays a server error', async (t) => {
  const api = await serve(async () => {
    throw new Error('unforeseen');
  });
  t.equal((await api.ask('GET', '/demo')).status, 500);
  t.match(api.errors, [{ err: { message: 'unforeseen' } }]);
});
