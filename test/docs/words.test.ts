// The words of the house are in CONTRIBUTING.md; this finds those that it replaced.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import t from 'tap';

const root = resolve(import.meta.dirname, '../..');

interface Line {
  /** `src/room/room.ts:32` */
  readonly place: string;
  readonly file: string;
  readonly text: string;
}

function* linesOf(path: string): Iterable<Line> {
  const files = readdirSync(join(root, path), { recursive: true, withFileTypes: true });
  for (const entry of files) {
    const file = relative(root, join(entry.parentPath, entry.name));
    if (!entry.isFile() || !/\.(ts|mts|mjs|js|md|yaml|proto|html|css)$/.test(file)) continue;
    yield* linesOfFile(file);
  }
}

function* linesOfFile(file: string): Iterable<Line> {
  for (const [index, text] of readFileSync(join(root, file), 'utf8').split('\n').entries())
    yield { place: `${file}:${index + 1}`, file, text };
}

const code = ['src', 'workers', 'setup'].flatMap((folder) => [...linesOf(folder)]);
const pages = [...['docs', 'openapi'].flatMap((folder) => [...linesOf(folder)]), ...linesOfFile('README.md')];

/** Abolished words: the pattern, what to say, and where the word has another meaning. */
const everywhere: readonly (readonly [RegExp, string, RegExp?])[] = [
  // mediasoup's own method has the old spelling
  [/key[- ]frames?|(?<!request)[kK]eyFrame|KeyFrame(?!\()/, 'keyframe'],
  // manifests of the first version have a member of this name
  [
    /\bfilms?\b/i,
    'composite, composed recording',
    /^src\/(storage\/media-manifest|component\/recording\/recording-media)\.ts$/,
  ],
  [/\bpatience\b/i, 'timeout'],
  [/\bow(e|ed|es|ing)\b/i, 'pending'],
  [/\bsought\b/i, 'retry'],
  [/\bblanks?\b/i, 'space', /^docs\/contracts\//],
  [/\b(whyever|seldom|rubbish)\b/i, 'for any reason, rarely, garbage'],
];

const inCode: readonly (readonly [RegExp, string, RegExp?])[] = [
  [/\b(most|longest|shortest)[A-Z]\w*|#(longest|shortest)\b|\bleast(?!Loaded)[A-Z]\w*/, 'max…, min…'],
  [/\bsounds?\b/i, 'audio', /\.html$/],
  // H.264 and VP8 have pictures in their terms
  [/(?<!groups? of )\bpictures?\b(?! (parameter|order))/i, 'frame', /\.(html|css)$|vp8-depacketizer/],
  [/\banew\b/i, 'again'],
];

const found = (lines: readonly Line[], words: typeof everywhere) =>
  words.flatMap(([pattern, instead, elsewhere]) =>
    lines
      .filter(({ file, text }) => pattern.test(text) && !elsewhere?.test(file))
      .map(({ place, text }) => `${place}: say ${instead}: ${text.trim()}`),
  );

t.test('abolished words do not come back', async (t) => {
  t.ok(code.length > 10_000 && pages.length > 1000, 'the files were read');
  t.strictSame(found([...code, ...pages], everywhere), []);
  t.strictSame(found(code, inCode), []);
});

t.test('a media worker is a process of mediasoup, not the composer or the track recorder', async (t) => {
  const others = /^src\/(program|output|component|recorder|jibri|storage|process)\/|^workers\/(?!mediasoup)/;
  const wrong = code.filter(({ file, text }) => others.test(file) && /media.?workers?\b/i.test(text));
  t.strictSame(
    wrong.map(({ place, text }) => `${place}: ${text.trim()}`),
    [],
  );
});

t.test('an answer is an SDP answer, not an HTTP response', async (t) => {
  const surfaces = /^src\/(api|net|notification|web|jibri|recorder|output|storage|component)\//;
  // telephones are answered
  const telephony = /^src\/component\/sip\/|gateway|call-routes/;
  const wrong = code.filter(
    ({ file, text }) => surfaces.test(file) && !telephony.test(file) && /\banswer(s|ed|ing)?\b/i.test(text),
  );
  t.strictSame(
    wrong.map(({ place, text }) => `${place}: ${text.trim()}`),
    [],
  );
});
