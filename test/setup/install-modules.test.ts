import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { hasModules } from '../../setup/install-modules.mjs';

const INSTALLED = {
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b': { version: '2.0.0', optional: true },
};

function project(t: Test, wanted: Record<string, object>) {
  return t.testdir({
    'package-lock.json': JSON.stringify({ packages: { '': { name: 'shoal' }, ...wanted } }),
    node_modules: {
      '.package-lock.json': JSON.stringify({ packages: INSTALLED }),
      '.bin': { node: '' },
    },
  });
}

t.test('modules are complete when every version is the one of the lock file', async (t) => {
  t.equal(hasModules(project(t, INSTALLED)), true);
});

t.test('a package for another platform may be absent', async (t) => {
  t.equal(hasModules(project(t, { ...INSTALLED, 'node_modules/c': { version: '1.0.0', optional: true } })), true);
});

t.test('an absent package is noticed', async (t) => {
  t.equal(hasModules(project(t, { ...INSTALLED, 'node_modules/c': { version: '1.0.0' } })), false);
});

t.test('another version is noticed', async (t) => {
  t.equal(hasModules(project(t, { ...INSTALLED, 'node_modules/a': { version: '1.0.1' } })), false);
});

t.test('a missing Node.js means that an install script did not run', async (t) => {
  const folder = project(t, INSTALLED);
  rmSync(join(folder, 'node_modules', '.bin', 'node'));
  t.equal(hasModules(folder), false);
});

t.test('missing node_modules are noticed', async (t) => {
  t.equal(hasModules(t.testdir({ 'package-lock.json': '{"packages":{}}' })), false);
});
