import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { StartError } from '../../src/error/start-error.ts';
import { readServerList } from '../../src/scheduling/server-list.ts';

const publicAddress = 'http://meet.example.org:5002';
const read = (source: unknown) =>
  readServerList(new Secret(typeof source === 'string' ? source : JSON.stringify(source)), publicAddress);

t.test('a list with everything', async (t) => {
  const [server] = await read([
    {
      ...{ id: 1, url: 'meet.example.org', name: 'Main', apiKey: 'TestApi', appId: 'id', appSecret: 'secret' },
      ...{ users: ['a@example.org'], allowClone: true, default: true, address: 'https://media.example.org/' },
    },
  ]);
  t.match(server, {
    id: 1,
    name: 'Main',
    slug: 'meet.example.org',
    address: 'https://media.example.org',
    default: true,
  });
  t.equal(server?.apiKey?.reveal(), 'TestApi');
  t.equal(server?.appSecret?.reveal(), 'secret');
});

t.test('what is not said', async (t) => {
  const servers = await read([
    { id: 9, url: 'https://b.example.org/base/', apiKey: '' },
    { id: 3, url: 'MEET.example.org:5002' },
    { id: 4, url: '[::1]:8443' },
  ]);
  t.match(servers, [
    { id: 3, name: 'MEET.example.org:5002', address: publicAddress, users: [], allowClone: false, default: false },
    { id: 4, address: 'https://[::1]:8443' },
    { id: 9, address: 'https://b.example.org/base', apiKey: undefined, appSecret: undefined, appId: '' },
  ]);
});

t.test('a file', async (t) => {
  const file = join(t.testdir(), 'servers.json');
  await writeFile(file, JSON.stringify([{ id: 1, url: 'a.example.org' }]));
  t.match(await read(file), [{ id: 1 }]);
});

t.test('what is wrong is said with its place, and without a key', async (t) => {
  const entry = { id: 1, url: 'a.example.org', apiKey: 'hushhush', appSecret: 'hushhush' };
  const rows: [unknown, RegExp][] = [
    ['', /is no JSON, and no file that can be read: ENOENT/],
    ['/nowhere/servers.json', /is no JSON, and no file that can be read: ENOENT/],
    ['[{"apiKey": hushhush}]', /is no valid JSON/],
    [`[${JSON.stringify(entry)}`, /is no valid JSON/],
    [entry, /is wrong at its top: /],
    [['hushhush'], /is wrong at \[0\]: /],
    [[{ ...entry, id: '1' }], /is wrong at \[0\]\.id: /],
    [[{ ...entry, id: 0 }], /is wrong at \[0\]\.id: /],
    [[{ ...entry, id: 1.5 }], /is wrong at \[0\]\.id: /],
    [[{ ...entry, id: 2 ** 31 }], /is wrong at \[0\]\.id: /],
    [[entry, { ...entry, url: '' }], /is wrong at \[1\]\.url: must be a host/],
    [[{ ...entry, url: 'a b' }], /is wrong at \[0\]\.url: /],
    [[{ ...entry, apiKey: 'hush hush' }], /is wrong at \[0\]\.apiKey: must have no white space/],
    [[{ ...entry, users: ['hush'] }], /is wrong at \[0\]\.users\[0\]: must be an e-mail address or \*/],
    [[{ ...entry, address: 'ftp://hush' }], /is wrong at \[0\]\.address: must be an http or https URL/],
    [[{ ...entry, webhookUrl: 'hush' }], /is wrong at \[0\]\.webhookUrl: /],
    [[{ ...entry, apikey: 'hushhush' }], /is wrong at \[0\]: .*apikey/],
    [[entry, { ...entry, url: 'b.example.org' }], /has two servers with the id 1/],
  ];
  for (const [source, message] of rows) {
    const error = await read(source).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    t.ok(error instanceof StartError, String(message));
    t.match(String(error), message);
    t.notMatch(String(error), /hush/);
  }
});
