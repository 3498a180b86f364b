import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';

interface Locked {
  resolved?: string;
  version?: string;
  optionalDependencies?: Record<string, string>;
}

const file = resolve(import.meta.dirname, '../../package-lock.json');
const packages: Record<string, Locked> = JSON.parse(readFileSync(file, 'utf8')).packages;

t.test('the lock file names no registry, so that everybody installs from their own', async (t) => {
  const resolved = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
  t.same(
    resolved.map(([path]) => path),
    [],
  );
});

t.test('every optional dependency is locked for every platform, as `npm ci` requires', async (t) => {
  const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  t.ok(wanted.length > 0);
  t.same(
    wanted.filter((name) => !names.has(name)),
    [],
  );
});
