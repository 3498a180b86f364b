import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { commandOutput } from '../command-output.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binaries = join(root, 'node_modules/.bin');

/** Generates into the folder; a proxy that does not exist stands for a host without network. */
function generateInto(folder: string): Promise<unknown> {
  const proxy = 'http://127.0.0.1:9';
  return commandOutput(
    join(binaries, 'buf'),
    ['generate', '--template', 'openapi/proto/buf.gen.yaml', '--output', folder],
    {
      cwd: root,
      env: {
        PATH: [binaries, process.env.PATH].join(delimiter),
        HOME: folder,
        HTTP_PROXY: proxy,
        HTTPS_PROXY: proxy,
      },
    },
  );
}

function contentsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]));
}

t.test('the generated code matches the descriptions', async (t) => {
  const folder = t.testdir();
  await generateInto(folder);
  const generated = contentsOf(join(folder, 'src/protobuf'));
  t.ok(Object.keys(generated).length >= 10, 'two files for each description');
  t.strictSame(contentsOf(join(root, 'src/protobuf')), generated, 'npm run generate:protobuf');
});
