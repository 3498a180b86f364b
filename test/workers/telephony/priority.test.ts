import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const program = fileURLToPath(new URL('../../../workers/telephony/priority.ts', import.meta.url));
const report = `
  import { existsSync, readFileSync } from 'node:fs';
  import { getPriority } from 'node:os';
  const file = '/proc/self/autogroup';
  const group = existsSync(file) ? Number(readFileSync(file, 'utf8').trim().split(' ').at(-1)) : undefined;
  console.log(JSON.stringify({ own: getPriority(), group }));`;
const hasGroups = existsSync('/proc/self/autogroup');

/** What a program in a session of its own says. */
async function run(source: string): Promise<unknown> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { detached: true });
  const output = await text(child.stdout);
  return output === '' ? undefined : JSON.parse(output);
}

const permitted = (await run(`import { setPriority } from 'node:os'; setPriority(-1); ${report}`)) !== undefined;

t.test(
  'a process that may do so runs before others, those of other sessions too',
  {
    skip: !permitted && 'nobody here may raise priorities',
  },
  async (t) => {
    const said = await run(`import { runFirst } from '${program}'; runFirst(); ${report}`);
    t.same(said, { own: -7, ...(hasGroups && { group: -7 }) });
  },
);

t.test('a process that may not goes on as it is', async (t) => {
  const drop = 'if (process.getuid() === 0) process.setuid(65_534);';
  const said = await run(`import { runFirst } from '${program}'; ${drop} runFirst(); ${report}`);
  t.same(said, { own: 0, ...(hasGroups && { group: 0 }) });
});
