import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parse } from '@babel/parser';
import t from 'tap';

const root = resolve(import.meta.dirname, '..');

/**
 * The folders of src and workers, from the lowest level to the highest. What is on a level may import from lower ones, and from itself within
 * its own folder; folders of one level do not know each other.
 */
const levels: readonly (readonly string[])[] = [
  ['clock', 'error', 'media', 'protobuf'],
  ['config'],
  ['log'],
  ['net', 'process'],
  ['ffmpeg', 'workers/mediasoup'],
  ['database', 'room', 'turn'],
  ['sfu', 'storage'],
  ['program'],
  ['output', 'workers/ingest'],
  ['component', 'workers/composer'],
  ['edge', 'recorder'],
  ['jibri', 'ondemand', 'scheduling', 'workers/compose', 'workers/telephony', 'workers/track-recorder'],
  ['api', 'metrics', 'notification', 'signalling'],
  ['web', 'workers/edge'],
  ['server.ts'],
  ['main.ts'],
];

/** Stricter than the levels. */
const onlyImport: Readonly<Record<string, readonly string[]>> = {
  // Rooms know neither HTTP nor media: nothing but time and the error table.
  room: ['clock', 'error'],
  clock: [],
  error: [],
  media: [],
  protobuf: [],
  // The process entry does nothing itself.
  'main.ts': ['config', 'error', 'log', 'server.ts'],
};

/** Each kind of component stands alone; what several need lies beside them. */
const componentKinds = ['file', 'hls', 'recording', 'rtsp', 'sip'];

interface SourceFile {
  /** From the root of the checkout, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Imported files, from the root, with slashes; packages as they are named. */
  readonly imports: readonly string[];
  /** Names that it defines and exports. */
  readonly exports: readonly string[];
}

function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mts|js|mjs)$/.test(name) && !name.includes('node_modules'))
    .map((name) => readSource(join(root, folder, name)));
}

function readSource(file: string): SourceFile {
  const text = readFileSync(file, 'utf8');
  const { program } = parse(text, { sourceType: 'module', plugins: ['typescript'], sourceFilename: file });
  const requests = [...importsOf(program)];
  const imports = requests.map((name) => (name.startsWith('.') ? slashed(resolve(dirname(file), name)) : name));
  return { path: slashed(file), text, imports, exports: program.body.flatMap(definedExports) };
}

/** The names that `export function …`, `export class …` and the like define. */
function definedExports(statement: unknown): string[] {
  const { type, declaration } = statement as { type: string; declaration?: Declaration | null };
  if (type !== 'ExportNamedDeclaration' || !declaration) return [];
  const all = declaration.declarations ?? [declaration];
  return all.flatMap(({ id }) => (id?.name === undefined ? [] : [id.name]));
}

interface Declaration {
  readonly id?: { readonly name?: string } | null;
  readonly declarations?: readonly Declaration[];
}

/** What an import, an export, an `import()` or an import of a type names, and files named by `new URL(…, import.meta.url)`. */
function* importsOf(node: unknown): Iterable<string> {
  if (typeof node !== 'object' || node === null) return;
  const { source, callee, argument, arguments: given } = node as Record<string, { type?: string; name?: string }>;
  const first = (given as unknown as { value?: unknown; type?: string }[] | undefined)?.[0];
  const type = (node as { type?: string }).type ?? '';
  const named = /^(Import|Export)(\w*)Declaration$/.test(type)
    ? source
    : type === 'TSImportType'
      ? argument
      : undefined;
  const called = callee?.type === 'Import' || (type === 'NewExpression' && callee?.name === 'URL' && given);
  const value = (named as { value?: unknown } | undefined)?.value ?? (called ? first?.value : undefined);
  if (typeof value === 'string') yield value;
  for (const child of Object.values(node)) yield* importsOf(child);
}

const slashed = (path: string) => relative(root, path).split(sep).join('/');

/** `src/room/room.ts` → `room`, `src/server.ts` → `server.ts`, `workers/ingest/track-clock.ts` → `workers/ingest`. */
const folderOf = (path: string) => {
  const [top, folder = ''] = path.split('/');
  return top === 'workers' ? `workers/${folder}` : folder;
};

const src = sourceFiles('src');
const product = [...src, ...sourceFiles('workers')];
const all = [...product, ...sourceFiles('setup'), ...sourceFiles('test')];
const generated = (path: string) => path.startsWith('src/protobuf/');
/** The entry of a process: who names it starts it, and imports nothing. */
const isEntry = (path: string) => /^workers\/[\w-]+\/main\.ts$/.test(path);

/** `test/bench/main.ts` imports them all, and wants the same names of each. */
const isBenchmark = (path: string) => /^test\/bench\/[\w-]+\.ts$/.test(path);

/** Every import from one folder of src or workers into another. */
const arrows = product.flatMap(({ path, imports }) =>
  imports
    .filter((target) => /^(src|workers)\//.test(target) && !isEntry(target) && folderOf(target) !== folderOf(path))
    .map((target) => ({ path, target, from: folderOf(path), to: folderOf(target) })),
);

t.test('every folder has its level', async (t) => {
  const known = new Set(levels.flat());
  const found = new Set(product.map(({ path }) => folderOf(path)));
  t.strictSame(
    [...found].filter((folder) => !known.has(folder)),
    [],
  );
  t.ok(arrows.length > 100, 'the imports were read');
});

t.test('every folder is on the map in the README', async (t) => {
  const [, map = ''] = /^## Folders\n(.*?)^## /ms.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  const folders = new Set(product.map(({ path }) => folderOf(path).replace('workers/', '')));
  const mapped = new Set(Array.from(map.matchAll(/([\w-]+)\/(?=,? )/g), ([, name]) => name));
  t.ok(mapped.has('room'), 'the map was read');
  t.strictSame(
    [...folders].filter((folder) => !folder.includes('.') && !mapped.has(folder)),
    [],
  );
});

t.test('imports point to lower levels only', async (t) => {
  const level = (folder: string) => levels.findIndex((folders) => folders.includes(folder));
  const wrong = arrows.filter(({ from, to }) => level(to) >= level(from));
  t.strictSame(
    wrong.map(({ path, target }) => `${path} imports ${target}`),
    [],
  );
});

t.test('there are no import circles', async (t) => {
  const graph = new Map(product.map(({ path, imports }) => [path, imports.filter((target) => !isEntry(target))]));
  t.strictSame(circles(graph), []);
});

/** One circle of each group of nodes that reach each other. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]) => {
    const begin = way.indexOf(node);
    if (begin >= 0) found.push([...way.slice(begin), node].join(' -> '));
    if (begin >= 0 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...way, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}

t.test('an exported name is defined once', async (t) => {
  const places = new Map<string, string[]>();
  for (const { path, exports } of all.filter(({ path }) => !generated(path))) {
    for (const name of exports.filter((name) => !(isBenchmark(path) && ['title', 'run'].includes(name)))) {
      places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  const twice = [...places].filter(([, paths]) => paths.length > 1);
  t.strictSame(
    twice.map(([name, paths]) => `${name}: ${paths.join(', ')}`),
    [],
  );
});

t.test('folders with stricter rules import only what those allow', async (t) => {
  const wrong = arrows.filter(({ from, to }) => onlyImport[from] && !onlyImport[from].includes(to));
  t.strictSame(
    wrong.map(({ path, target }) => `${path} imports ${target}`),
    [],
  );
});

t.test('benchmarks do not load tap, which ends every process that does after its timeout', async (t) => {
  const files = new Map(all.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const target of files.get(path)?.imports ?? []) visit(target);
  };
  for (const { path } of all.filter((file) => isBenchmark(file.path))) visit(path);
  const loading = [...reached].filter((path) => /^import (?!type )[^;]* from 'tap'/m.test(files.get(path)?.text ?? ''));
  t.strictSame(loading, []);
});

t.test('component kinds do not import each other, and what they share imports none of them', async (t) => {
  const kindOf = (path: string) => componentKinds.find((kind) => path.startsWith(`src/component/${kind}/`));
  const components = src.filter(({ path }) => folderOf(path) === 'component');
  const wrong = components.flatMap(({ path, imports }) =>
    imports
      .filter((target) => kindOf(target) !== undefined && kindOf(target) !== kindOf(path))
      .map((target) => `${path} imports ${target}`),
  );
  t.strictSame(wrong, []);
});

t.test(
  'mediasoup is used in sfu alone; HTTP belongs to api, SDP to signalling and the protocols of components',
  async (t) => {
    const importers = (name: string) =>
      src.filter(({ imports }) => imports.some((target) => target === name || target.startsWith(`${name}/`)));
    const strangers = (name: string, allowed: RegExp) =>
      importers(name).flatMap(({ path }) => (allowed.test(path) ? [] : `${path} imports ${name}`));
    t.strictSame(strangers('sdp-transform', /^src\/(signalling|component\/(rtsp|sdp|sip))\//), []);
    t.strictSame(strangers('fastify', /^src\/(api|web)\/|^src\/server\.ts$/), []);
    // Its types and the words of its RTP parameters are known to those who speak of them.
    t.strictSame(strangers('mediasoup', /^src\/(sfu|metrics\/|signalling\/sdp\/)/), []);
  },
);

t.test('processes are started in process/ alone, ffmpeg and ffprobe in ffmpeg/ alone', async (t) => {
  const starters = product.filter(({ imports }) => imports.some((name) => /^(node:)?child_process$/.test(name)));
  t.strictSame(
    starters.map(({ path }) => path),
    ['src/process/child.ts', 'workers/mediasoup/command.mjs'],
  );
  const named = product.filter(({ text }) => /['"`]((fluent-)?ffmpeg|ffprobe)['"`]/.test(text));
  t.strictSame([...new Set(named.map(({ path }) => folderOf(path)))], ['ffmpeg']);
});

t.test('recorders do not import those that orchestrate them', async (t) => {
  const recorder = src.filter(({ path }) => folderOf(path) === 'recorder');
  t.ok(recorder.length > 5, 'the files were found');
  t.strictSame(
    recorder.filter(({ text }) => /jibri|sinkType|http/i.test(text)).map(({ path }) => path),
    [],
  );
});

t.test('src imports no tests, and no file refers to anything outside the checkout', async (t) => {
  const outward = all.flatMap(({ path, imports }) =>
    imports.filter((name) => name.startsWith('..')).map((name) => [path, name]),
  );
  t.strictSame(outward, []);
  const toTests = src.flatMap(({ path, imports }) =>
    imports.filter((name) => name.startsWith('test/')).map(() => path),
  );
  t.strictSame(toTests, []);
  const shared = ['..', 'shared'].join('/');
  t.strictSame(
    all.filter(({ text }) => text.includes(shared)).map(({ path }) => path),
    [],
  );
});

t.test('imports name files that exist', async (t) => {
  const local = /^(src|workers|setup|test)\//;
  const missing = all.flatMap(({ path, imports }) =>
    imports
      .filter((name) => local.test(name) && !existsSync(join(root, name)))
      .map((name) => `${path} imports ${name}`),
  );
  t.strictSame(missing, []);
});

t.test('files are at most 400 lines long', async (t) => {
  const long = all.filter(({ path, text }) => !generated(path) && text.split('\n').length > 401);
  t.strictSame(
    long.map(({ path }) => path),
    [],
  );
});

t.test('file names are kebab-case nouns, without generic words', async (t) => {
  const words = /(^|-)(utils?|helpers?|common|managers?|services?|handlers?|misc)(-|$)/;
  const parts = (path: string) => path.replace(/\.(test\.)?\w+$/, '').split('/');
  const written = all.filter(({ path }) => !generated(path));
  t.strictSame(
    written.filter(({ path }) => parts(path).some((part) => words.test(part))).map(({ path }) => path),
    [],
  );
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
  const oddly = written.filter(({ path }) => !parts(path).every((part) => kebab.test(part.replace(/\.\w+$/, ''))));
  t.strictSame(
    oddly.map(({ path }) => path),
    [],
  );
});
