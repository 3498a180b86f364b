import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { withoutDaemons } from '../../setup/without-daemons.mjs';

t.test('services are forbidden while packages are installed, and allowed afterwards', async (t) => {
  const path = join(t.testdir({}), 'policy-rc.d');
  await withoutDaemons(async () => {
    t.equal(statSync(path).mode & 0o777, 0o755);
    t.equal(spawnSync(path, ['kamailio', 'start']).status, 101);
  }, path);
  t.equal(existsSync(path), false);
});

t.test('a failed installation leaves no policy behind', async (t) => {
  const path = join(t.testdir({}), 'policy-rc.d');
  await t.rejects(
    withoutDaemons(() => Promise.reject(new Error('no space')), path),
    { message: 'no space' },
  );
  t.equal(existsSync(path), false);
});

t.test('an interrupted installation leaves no policy behind', async (t) => {
  const path = join(t.testdir({}), 'policy-rc.d');
  const module = resolve(import.meta.dirname, '../../setup/without-daemons.mjs');
  // as prepare.mjs ends on a signal, in the middle of it
  const script = `import { withoutDaemons } from ${JSON.stringify(module)};
    import { existsSync } from 'node:fs';
    await withoutDaemons(async () => process.exit(existsSync(process.argv[1]) ? 130 : 1), process.argv[1]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: 'inherit' });
  t.same(await once(child, 'exit'), [130, null]);
  t.equal(existsSync(path), false);
});

t.test('a policy of the machine is kept as it is', async (t) => {
  const own = '#!/bin/sh\nexit 0\n';
  const path = join(t.testdir({ 'policy-rc.d': own }), 'policy-rc.d');
  let during = '';
  await withoutDaemons(async () => {
    during = readFileSync(path, 'utf8');
  }, path);
  t.same([during, readFileSync(path, 'utf8')], [own, own]);
});

t.test('the policy of a set-up that was killed is removed by the next one', async (t) => {
  const path = join(t.testdir({}), 'policy-rc.d');
  let left = '';
  await withoutDaemons(async () => {
    left = readFileSync(path, 'utf8');
  }, path);
  writeFileSync(path, left, { mode: 0o755 });
  await withoutDaemons(async () => t.equal(existsSync(path), true), path);
  t.equal(existsSync(path), false);
});
