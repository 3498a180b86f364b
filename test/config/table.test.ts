import { readdir, readFile } from 'node:fs/promises';
import t from 'tap';
import { configurationTable, withConfigurationTable } from '../../src/config/table.ts';
import { variables } from '../../src/config/variables.ts';

t.test('docs/operator.md shows the configuration that the server reads (else: npm run docs:config)', async (t) => {
  const page = await readFile(new URL('../../docs/operator.md', import.meta.url), 'utf8');
  t.equal(withConfigurationTable(page), page);
});

t.test('every variable has a row', async (t) => {
  const table = configurationTable();
  for (const { name } of variables) t.match(table, `| \`${name}\` `);
});

t.test('a page without marks is an error', async (t) => {
  t.throws(() => withConfigurationTable('# Shoal'), /docs\/operator\.md needs/);
});

t.test('every variable that is declared is listed', async (t) => {
  const folder = new URL('../../src/config/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')));
  const declared = texts.flatMap((text) => Array.from(text.matchAll(/\bvariable\('(\w+)'/g), ([, name]) => name));
  t.ok(declared.length > 50, 'the declarations were read');
  t.strictSame(declared.sort(), variables.map(({ name }) => name).sort());
});
