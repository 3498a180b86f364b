import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { findProgram } from '../../src/process/find-program.ts';

t.test('only executables are found, in PATH or by absolute path', async (t) => {
  const folder = t.testdir({ plain: 'text' });
  const program = join(folder, 'program');
  await writeFile(program, '');
  await chmod(program, 0o700);
  t.equal(await findProgram('program', `/nowhere:${folder}`), program);
  t.equal(await findProgram(program, ''), program);
  t.equal(await findProgram('plain', folder), undefined);
  t.equal(await findProgram('program', '.'), undefined, 'relative folders are not searched');
});
