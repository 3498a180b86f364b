// A database that cannot be used is explained in one sentence, without its password.

import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { StartError } from '../../src/error/start-error.ts';
import { onBothEngines, sharedPostgres, testEngine } from './engines.ts';

async function reasonOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
  throw new Error('It was opened.');
}

t.test('a file that is no database', async (t) => {
  const { open, place } = await testEngine(t, 'SQLite');
  writeFileSync(place.file, 'This is a letter. '.repeat(100));
  t.equal(await reasonOf(open()), `Cannot use ${place.file}: file is not a database.`);
});

t.test('a folder in place of a file', async (t) => {
  const { open, place } = await testEngine(t, 'SQLite');
  mkdirSync(place.file);
  t.match(await reasonOf(open()), `Cannot use ${place.file}: EISDIR`);
});

t.test('a folder that is not there', async (t) => {
  const { open } = await testEngine(t, 'SQLite');
  t.match(await reasonOf(open({ file: '/proc/nope/shoal.db' })), /^Cannot use \/proc\/nope\/shoal.db: ENOENT/);
});

t.test('a damaged file', async (t) => {
  const { open, place } = await testEngine(t, 'SQLite');
  await (await open()).close();
  const file = openSync(place.file, 'r+');
  writeSync(file, Buffer.alloc(1000, 0xff), 0, 1000, 100);
  closeSync(file);
  t.match(await reasonOf(open()), /^Cannot use .*: .*malformed/);
});

await onBothEngines(t, 'the tables of a newer server', async (t, { open }) => {
  const database = await open();
  const versions = database.queries.withTables<{ schema_version: { version: number } }>();
  const { version } = await versions.selectFrom('schema_version').select('version').executeTakeFirstOrThrow();
  await versions
    .updateTable('schema_version')
    .set({ version: version + 7 })
    .execute();
  const reason = await reasonOf(open());
  t.match(reason, `version ${version + 7}, this server knows version ${version}.`);
  const rows = await versions.selectFrom('schema_version').selectAll().execute();
  t.strictSame(rows, [{ version: version + 7 }], 'nothing was changed');
});

const password = 'hunter2-secret';

t.test('PostgreSQL that is not there', async (t) => {
  const { open } = await testEngine(t, 'SQLite');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  for (const host of ['127.0.0.1', 'localhost']) {
    const url = new Secret(`postgres://shoal:${password}@${host}:${port}/shoal`);
    const reason = await reasonOf(open({ url }));
    t.match(reason, /^Cannot use the database of SHOAL_DATABASE_URL: connect ECONNREFUSED /);
    t.notMatch(reason, password);
  }
});

t.test('PostgreSQL that refuses', async (t) => {
  const postgres = await sharedPostgres();
  const { open } = await testEngine(t, 'SQLite');
  await postgres.run('create user reader');
  const wrongs = {
    'database "nothing" does not exist': postgres.url('nothing'),
    'role "nobody" does not exist': postgres.url('postgres').replace('shoal@', 'nobody@'),
    'permission denied for schema public': postgres.url('postgres').replace('shoal@', 'reader@'),
    'The server does not support SSL connections': `${postgres.url('postgres')}&sslmode=require`,
    "ENOENT: no such file or directory, open '/nowhere.pem'": `${postgres.url('postgres')}&sslrootcert=/nowhere.pem`,
  };
  for (const [wrong, url] of Object.entries(wrongs)) {
    const reason = await reasonOf(open({ url: new Secret(url) }));
    t.equal(reason, `Cannot use the database of SHOAL_DATABASE_URL: ${wrong}.`);
  }
});

t.test('a port where nobody speaks PostgreSQL', async (t) => {
  const { open } = await testEngine(t, 'SQLite');
  const server = createServer((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const url = new Secret(`postgres://shoal:${password}@127.0.0.1:${port}/shoal`);
  t.match(await reasonOf(open({ url })), /^Cannot use the database of SHOAL_DATABASE_URL: /);
});
