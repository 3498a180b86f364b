import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Accounts } from '../../src/ondemand/accounts.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { silentLogger } from '../log/silent-logger.ts';

const file = (...accounts: object[]) => JSON.stringify({ accounts });
const acme = { name: 'acme', apiKey: 'JOD-1' };

async function opened(t: Test) {
  const folder = join(t.testdir(), 'etc');
  const path = join(folder, 'accounts.json');
  await mkdir(folder);
  await writeFile(path, file(acme, { name: 'other', apiKey: 'JOD-2' }));
  const clock = new HeldClock();
  const accounts = await Accounts.open(path, clock, silentLogger);
  t.teardown(() => accounts.close());
  return { accounts, clock, folder, path };
}

t.test('accounts are found by key and by name', async (t) => {
  const { accounts } = await opened(t);
  t.equal(accounts.withKey('JOD-2')?.name, 'other');
  t.equal(accounts.withKey('JOD-3'), undefined);
  t.equal(accounts.withKey(''), undefined);
  t.equal(accounts.withKey('x'.repeat(16_000)), undefined);
  t.equal(accounts.named('acme'), accounts.withKey('JOD-1'));
  t.equal(accounts.named('nobody'), undefined);
});

t.test('a changed file is read again, also when it is replaced', async (t) => {
  const { accounts, path } = await opened(t);
  await writeFile(path, file({ ...acme, apiKey: 'JOD-new' }));
  await eventually('the file was read', () => accounts.withKey('JOD-new') !== undefined);
  await writeFile(`${path}~`, file({ ...acme, apiKey: 'JOD-newer' }));
  await rename(`${path}~`, path);
  await eventually('the other file was read', () => accounts.withKey('JOD-newer') !== undefined);
  t.equal(accounts.withKey('JOD-1'), undefined, 'the old key is unknown at once');
  t.equal(accounts.named('other'), undefined);
});

t.test('earlier accounts stay while the file is broken or away', async (t) => {
  const { accounts, path } = await opened(t);
  let refused = once(accounts.observer, 'refused');
  await writeFile(`${path}~`, '{"accounts": [');
  await rename(`${path}~`, path);
  await refused;
  t.equal(accounts.withKey('JOD-1')?.name, 'acme');
  refused = once(accounts.observer, 'refused');
  await rm(path);
  await refused;
  t.equal(accounts.withKey('JOD-1')?.name, 'acme');
  const changed = once(accounts.observer, 'changed');
  await writeFile(`${path}~`, file({ ...acme, apiKey: 'JOD-new' }));
  await rename(`${path}~`, path);
  await changed;
  t.equal(accounts.withKey('JOD-new')?.name, 'acme');
});

t.test('changes are noticed where nobody tells of them', async (t) => {
  const { accounts, clock, folder, path } = await opened(t);
  // The watched folder is elsewhere now.
  await rename(folder, `${folder}-old`);
  await mkdir(folder);
  await writeFile(path, file({ ...acme, apiKey: 'JOD-new' }));
  const changed = once(accounts.observer, 'changed');
  clock.advance(5000);
  await changed;
  t.equal(accounts.withKey('JOD-new')?.name, 'acme');
});
