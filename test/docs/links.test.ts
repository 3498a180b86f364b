// What README and docs name exists: files, anchors, folders, scripts, variables, metrics.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import t from 'tap';
import { variables } from '../../src/config/variables.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs];

const withoutCode = (text: string) => text.replace(/^```.*?^```/gms, '');

/** Anchors of a page as GitHub makes them. */
function anchors(path: string): string[] {
  const seen = new Map<string, number>();
  return Array.from(withoutCode(read(path)).matchAll(/^#{1,6} +(.+)$/gm), ([, heading = '']) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

interface Link {
  readonly page: string;
  readonly target: string;
  /** From the root of the checkout. */
  readonly path: string;
  readonly anchor: string | undefined;
}

const links: readonly Link[] = pages.flatMap((page) =>
  Array.from(withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => {
    const [file = '', anchor] = target.split('#');
    return { page, target, path: file === '' ? page : join(dirname(page), file), anchor };
  }).filter(({ target }) => !/^[a-z]+:/.test(target)),
);

t.test('every relative link leads to a file', async (t) => {
  t.ok(links.length > 20, 'the links were read');
  const broken = links.filter(({ path }) => path.startsWith('..') || !existsSync(join(root, path)));
  t.strictSame(
    broken.map(({ page, target }) => `${page}: ${target}`),
    [],
  );
});

t.test('every anchor is a heading of its page', async (t) => {
  const anchored = links.filter(({ anchor, path }) => anchor !== undefined && path.endsWith('.md'));
  t.ok(anchored.length > 5, 'the anchors were read');
  const broken = anchored.filter(({ path, anchor = '' }) => !anchors(path).includes(anchor));
  t.strictSame(
    broken.map(({ page, target }) => `${page}: ${target}`),
    [],
  );
});

t.test('every page of docs is linked from another page', async (t) => {
  const linked = new Set(links.filter(({ page, path }) => page !== path).map(({ path }) => path));
  t.strictSame(
    docs.filter((page) => !linked.has(page)),
    [],
  );
});

t.test('every variable in README and docs is one that the configuration knows', async (t) => {
  const known = variables.map(({ name }) => name);
  // `FJ_X` stands for any name, a name that ends in `_` for all that begin so; error texts of Fishjam contain the other two.
  const words = ['FJ_X', 'FJ_BUCKET', 'FJ_DIST_STRATEGY'];
  const knows = (name: string) =>
    words.includes(name) || known.some((one) => (name.endsWith('_') ? one.startsWith(name) : one === name));
  const unknown = ['README.md', ...docs].flatMap((page) =>
    Array.from(read(page).matchAll(/\b(?:FJ|JF|SHOAL|JIBRI)_[A-Z0-9_]+/g), ([name]) => name)
      .filter((name) => !knows(name) && !knows(name.replace(/^JF_/, 'FJ_')))
      .map((name) => `${page}: ${name}`),
  );
  t.strictSame(unknown, []);
});

t.test('every variable that the configuration knows is in docs/operator.md', async (t) => {
  const page = read('docs/operator.md');
  t.strictSame(
    variables.map(({ name }) => name).filter((name) => !page.includes(`| \`${name}\` `)),
    [],
  );
});

/** `a_{b,c}_d` → `a_b_d`, `a_c_d`. */
function expanded(text: string): string[] {
  const [, before = '', names, after = ''] = /^(\w*)\{([\w,]+)\}(\w*)$/.exec(text) ?? [];
  return names === undefined ? [text] : names.split(',').map((name) => before + name + after);
}

t.test('every metric of ours that a page names exists', async (t) => {
  const files = readdirSync(join(root, 'src/metrics'), { recursive: true, encoding: 'utf8' });
  const source = files.filter((name) => name.endsWith('.ts')).map((name) => read(`src/metrics/${name}`));
  const named = pages.flatMap((page) => read(page).match(/\bshoal_[\w{},]*\w/g) ?? []).flatMap(expanded);
  t.ok(named.length > 5, 'the metrics were read');
  t.strictSame(
    named.filter((name) => !source.some((text) => text.includes(`'${name}'`))),
    [],
  );
});

t.test('every npm script that a page names exists', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    Array.from(read(page).matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:]+)/g), ([, script = '']) => script),
  );
  t.ok(named.includes('docs:config'), 'the scripts were read');
  t.strictSame(
    named.filter((script) => scripts[script] === undefined),
    [],
  );
});

/** `src/api` and the like: the folders of the map in the README, which is indented as they are. */
function mappedFolders(): string[] {
  const [, map = ''] = /^## Folders\n(.*?)^## /ms.exec(read('README.md')) ?? [];
  let top = '';
  return Array.from(map.matchAll(/^( {4}| {6})([\w-]+)\/ +\S/gm), ([, indent = '', folder = '']) => {
    if (indent.length === 4) top = folder;
    return indent.length === 4 ? folder : `${top}/${folder}`;
  });
}

t.test('every folder on the map in the README exists', async (t) => {
  const folders = mappedFolders();
  t.ok(folders.includes('src/room') && folders.includes('workers/composer'), 'the map was read');
  const isFolder = (path: string) => existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();
  t.strictSame(
    folders.filter((path) => !isFolder(path)),
    [],
  );
});

t.test('the README can be read in ten minutes', async (t) => {
  t.ok(read('README.md').split('\n').length <= 221, 'at most 220 lines');
});
