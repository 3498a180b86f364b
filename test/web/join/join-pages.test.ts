import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import t from 'tap';
import { RunningServer } from '../../running-server.ts';

t.test("the page is there in production, and is nobody else's frame or form", async (t) => {
  const servers = [{ id: 1, url: 'meet.example.org', name: 'Main', apiKey: 'key', users: ['*'] }];
  const server = await RunningServer.start(t, {
    ...{ NODE_ENV: 'production', FJ_SERVER_API_TOKEN: 't'.repeat(16), JITSI_ADMIN_SERVERS: JSON.stringify(servers) },
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://${server.host}${path}`, { headers });
  for (const path of ['/room/join/b/1', '/room/join/a/1', '/join/meet.example.org?data=eA&sig=x', '/join/x/']) {
    const page = await get(path, { accept: 'text/html', 'accept-language': 'de' });
    t.equal(page.status, 200, path);
    t.match(
      page.headers.get('content-security-policy'),
      /default-src 'none'.*form-action 'none'; frame-ancestors 'none'/,
    );
    t.equal(page.headers.get('referrer-policy'), 'no-referrer');
    t.match(page.headers.get('vary'), /accept-language/i);
    const markup = await page.text();
    t.match(markup, '<html lang="de">');
    t.notMatch(markup, '<!-- include');
    const files = Array.from(markup.matchAll(/(?:src|href)="(\/join-page\/[^"]+)"/g), ([, file = '']) => file);
    t.ok(files.length >= 5);
    for (const file of files) t.equal((await get(file)).status, 200, file);
  }
  t.match(await (await get('/room/join/b/1', { accept: 'text/html' })).text(), '<html lang="en">');
  t.equal((await get('/demo')).status, 404);
});

t.test('the script is made of packages that are installed in production', async (t) => {
  const root = join(import.meta.dirname, '../../..');
  const entry = join(root, 'src/web/join/browser/page.ts');
  const { metafile } = await build({
    ...{ entryPoints: [entry], bundle: true, write: false, metafile: true, absWorkingDir: root, platform: 'browser' },
    define: { global: 'globalThis' },
  });
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const used = Object.keys(metafile.inputs).flatMap(
    (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  t.ok(used.includes('node_modules/@fishjam-dev/ts-client'));
  const development = [...new Set(used)].filter((name) => packages[name]?.dev !== undefined || !packages[name]);
  t.same(development, []);
  t.notOk(packages['node_modules/esbuild'].dev, 'and so is the bundler');
});
