// Comments cite sections as `docs/contracts/jibri.md 4.4`; this finds every citation and looks the section up.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import t from 'tap';

const root = resolve(import.meta.dirname, '../..');
const contracts = 'docs/contracts/';
const standard = /RFC \d+|ISO\/IEC \d+|H\.264|RTMP 1\.0|HTML standard|Action Message Format/;

interface CitingLine {
  /** `src/room/room.ts:32` */
  readonly place: string;
  readonly text: string;
  /** The line before and this one: comments are wrapped. */
  readonly wrapped: string;
}

function* linesBelow(folder: string): Iterable<CitingLine> {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    const file = relative(root, join(entry.parentPath, entry.name));
    if (!entry.isFile() || /node_modules|\.(png|ico|msr|ogg|h264|mp4|webm)$/.test(file)) continue;
    if (join(root, file) === import.meta.filename) continue;
    const texts = readFileSync(join(root, file), 'utf8').split('\n');
    for (const [index, text] of texts.entries()) {
      yield { place: `${file}:${index + 1}`, text, wrapped: `${texts[index - 1] ?? ''} ${text}` };
    }
  }
}

const lines = ['src', 'workers', 'test', 'setup', 'docker', 'openapi'].flatMap((folder) => [...linesBelow(folder)]);

/** `fishjam-rest.md 6.1` for every heading with a number. */
const sections = new Set(
  readdirSync(join(root, contracts)).flatMap((name) =>
    Array.from(
      readFileSync(join(root, contracts, name), 'utf8').matchAll(/^#{2,4} (\d+(?:\.\d+)*)\.? /gm),
      ([, section]) => `${name} ${section}`,
    ),
  ),
);

/** The sections that a text cites; `fishjam-rest.md ?` where it names a contract without one. */
function citations(text: string): string[] {
  const form = /docs\/contracts\/([\w-]+\.md)((?: |, | and | to )\d+(?:\.\d+)*(?=\W|$))*/g;
  return Array.from(text.matchAll(form)).flatMap(([citation, name]) => {
    const numbers = citation.slice(citation.indexOf('.md') + 3).match(/\d+(?:\.\d+)*/g);
    return (numbers ?? ['?']).map((section) => `${name} ${section}`);
  });
}

t.test('the notation of citations is parsed correctly', async (t) => {
  const read = (text: string) => citations(`docs/contracts/${text}`);
  t.strictSame(read('jibri.md 4.4: why'), ['jibri.md 4.4']);
  t.strictSame(read('jibri.md 2.1, 3 and 11.'), ['jibri.md 2.1', 'jibri.md 3', 'jibri.md 11']);
  t.strictSame(read('fishjam-rest.md 6.2 to 6.6. 5 of them'), ['fishjam-rest.md 6.2', 'fishjam-rest.md 6.6']);
  t.strictSame(read('jibri.md, as it is'), ['jibri.md ?']);
});

t.test('every cited section of a contract exists', async (t) => {
  const cited = lines.flatMap(({ place, text }) => citations(text).map((section) => ({ place, section })));
  t.ok(cited.length > 100, 'the citations were found');
  const missing = cited.filter(({ section }) => !sections.has(section));
  t.strictSame(
    missing.map(({ place, section }) => `${place} cites ${section}`),
    [],
  );
});

t.test('contracts are cited in no other form', async (t) => {
  const withoutPaths = (text: string) => text.replaceAll(/[\w./-]*\/[\w./-]*/g, '');
  const names = /\bcontract|\b(fishjam-(rest|sockets|config)|media-events)\b/i;
  const other = lines.filter(({ text }) => names.test(withoutPaths(text)));
  t.strictSame(
    other.map(({ place, text }) => `${place}: ${text.trim()}`),
    [],
  );
});

t.test('a section without a file is one of a standard that is named', async (t) => {
  const unnamed = lines.filter(({ text, wrapped }) => /\bsections? \d/i.test(text) && !standard.test(wrapped));
  t.strictSame(
    unnamed.map(({ place, text }) => `${place}: ${text.trim()}`),
    [],
  );
});

t.test('every contract is cited somewhere', async (t) => {
  const cited = new Set(lines.flatMap(({ text }) => citations(text).map((section) => section.split(' ')[0])));
  t.strictSame(
    readdirSync(join(root, contracts)).filter((name) => !cited.has(name)),
    [],
  );
});
