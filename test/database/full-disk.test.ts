import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { Database, type DatabaseOptions } from '../../src/database/database.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { SmallDisk } from '../storage/small-disk.ts';
import { sharedPostgres } from './engines.ts';
import { unprivileged } from './postgres.ts';

const full = { code: 'databaseUnavailable', status: 503, message: 'The database is not available: its disk is full' };

async function checkFullDisk(t: Test, disk: SmallDisk, place: Pick<DatabaseOptions, 'file' | 'url'>): Promise<void> {
  const clock = new HeldClock();
  const database = await Database.open({ ...place, logger: silentLogger, clock });
  t.teardown(() => database.close());
  const insert = (name: string) =>
    database.queries
      .insertInto('ondemand_accounts')
      .values({ name: name.padEnd(2000, 'x'), balance: 1 })
      .execute();
  const names = async () => {
    const rows = await database.queries.selectFrom('ondemand_accounts').select('name').execute();
    return rows.map(({ name }) => name.replace(/x+$/, '')).sort();
  };
  const written = ['0'];
  await insert('0');
  await disk.fill(0);
  let refusal: unknown;
  for (let count = 1; count < 3000 && !refusal; count += 1) {
    await insert(`${count}`).then(
      () => written.push(`${count}`),
      (error: unknown) => (refusal = error),
    );
  }
  t.match(refusal, full);
  const half = database.transaction(async (transaction) => {
    for (let count = 0; count < 50; count += 1) {
      const row = { name: `half ${count}`.padEnd(2000, 'x'), balance: 1 };
      await transaction.insertInto('ondemand_accounts').values(row).execute();
    }
  });
  await t.rejects(half, full);
  t.strictSame(await names(), [...written].sort(), 'what was answered is there, and nothing by half');
  t.equal(await database.check(), 'its disk is full');
  await disk.clear();
  await insert('again');
  clock.advance(1000);
  t.equal(await database.check(), undefined);
  t.strictSame(await names(), [...written, 'again'].sort());
}

t.test('the disk of a file is full', async (t) => {
  const disk = await SmallDisk.open(t, 1_000_000);
  if (!disk.isReal) return t.pass('Nobody may mount a disk here.');
  await checkFullDisk(t, disk, { file: join(disk.path, 'shoal.db') });
});

t.test('the disk of PostgreSQL is full', async (t) => {
  const disk = await SmallDisk.open(t, 24_000_000);
  if (!disk.isReal) return t.pass('Nobody may mount a disk here.');
  await chown(disk.path, unprivileged.uid, unprivileged.gid);
  const postgres = await sharedPostgres();
  await postgres.run(`create tablespace small location '${disk.path}'`);
  await postgres.run('create database small tablespace small');
  await checkFullDisk(t, disk, { file: '', url: new Secret(postgres.url('small')) });
});
