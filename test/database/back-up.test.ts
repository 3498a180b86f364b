import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import t from 'tap';
import { runBackUp } from '../../src/database/back-up.ts';
import { testEngine } from './engines.ts';

const program = resolve(import.meta.dirname, '../../src/database/back-up.ts');

function backUp(variables: Record<string, string>, ...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { ...variables },
  });
  return { stdout, stderr, status };
}

t.test('a database in use is copied, and restored', async (t) => {
  const { place, variables, open } = await testEngine(t, 'SQLite');
  const database = await open();
  const insert = (name: string) =>
    database.queries.insertInto('ondemand_accounts').values({ name, balance: 1 }).execute();
  await insert('before');
  const copy = join(dirname(place.file), 'copy.db');
  t.match(backUp(variables, 'backup', copy), { status: 0, stdout: `${copy} is a copy of ${place.file}.\n` });
  t.equal(statSync(copy).mode & 0o777, 0o600);
  await insert('after');
  await database.close();
  for (const end of ['', '-wal', '-shm']) rmSync(place.file + end, { force: true });
  renameSync(copy, place.file);
  const restored = await open();
  t.strictSame(await restored.queries.selectFrom('ondemand_accounts').select('name').execute(), [{ name: 'before' }]);
});

t.test('what cannot be done is explained, and nothing is left behind', async (t) => {
  const { place, variables, open } = await testEngine(t, 'SQLite');
  const copy = join(dirname(place.file), 'copy.db');
  const fails = (message: string | RegExp, ...args: string[]) =>
    t.throws(() => runBackUp(args, variables), { message });
  fails(`There is no ${place.file}.`, 'backup', copy);
  await (await open()).close();
  for (const args of [[], ['backup'], ['restore', copy], ['backup', copy, copy]])
    fails('usage: npm run database -- backup <file>', ...args);
  fails(/^EEXIST: /, 'backup', place.file);
  fails(/^ENOENT: /, 'backup', '/proc/nope/copy.db');
  writeFileSync(place.file, 'This is a letter. '.repeat(100));
  fails('file is not a database', 'backup', copy);
  t.notOk(existsSync(copy));
  const url = 'postgres://shoal:hunter2-secret@127.0.0.1/shoal';
  const { status, stderr } = backUp({ SHOAL_DATABASE_URL: url }, 'backup', copy);
  t.strictSame(
    { status, stderr },
    { status: 1, stderr: 'database: SHOAL_DATABASE_URL is set: use pg_dump of PostgreSQL.\n' },
  );
});
