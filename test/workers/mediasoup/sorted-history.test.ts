import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { BUILD_FILES } from '../../../workers/mediasoup/worker-binary.mjs';

const compiler = 'g++';
const withoutCompiler = { skip: spawnSync(compiler, ['--version']).status !== 0 && 'there is no compiler' };

t.test('the send history is searched and changed as a map is', withoutCompiler, async (t) => {
  const program = join(t.testdir(), 'sorted-history');
  const source = join(import.meta.dirname, 'sorted-history.cpp');
  const checks = ['-D_GLIBCXX_ASSERTIONS', '-fsanitize=address,undefined'];
  const compiling = ['-std=c++20', ...checks, '-I', join(BUILD_FILES, 'include'), source, '-o', program];
  t.equal(spawnSync(compiler, compiling, { encoding: 'utf8' }).stderr, '');
  const { status, stdout, stderr } = spawnSync(program, { encoding: 'utf8' });
  t.strictSame({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
});
