import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import t from 'tap';

const script = resolve(import.meta.dirname, '../../setup/prepare.mjs');

function prepare(purpose: string, env: NodeJS.ProcessEnv) {
  return spawnSync(process.execPath, [script, purpose], { encoding: 'utf8', env });
}

t.test('on a prepared machine nothing is done or printed', async (t) => {
  const { status, stdout, stderr } = prepare('test', process.env);
  t.same({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
});

t.test('where packages cannot be installed, the missing ones are listed', async (t) => {
  // Neither apt-get nor anything else is on this PATH; the cache is empty, so the worker has to be built, too.
  const bare = { PATH: '/nowhere', HOME: t.testdir({}) };
  const start = prepare('start', bare);
  t.equal(start.status, 1);
  t.equal(start.stdout, '');
  const command = / {2}sudo apt-get update && sudo apt-get install -y --no-install-recommends (.*)/;
  const packages = start.stderr.match(command)?.[1]?.split(' ') ?? [];
  const expected = ['coturn', 'ffmpeg', 'g++', 'cmake', 'ninja-build', 'patch', 'pkg-config', 'flatbuffers-compiler'];
  const libraries = ['libflatbuffers-dev', 'libabsl-dev', 'libsrtp2-dev', 'xz-utils', 'libssl-dev', 'libuv1-dev'];
  t.same(packages, [...expected, ...libraries]);
  t.match(start.stderr, /^ {2}coturn +TURN server/m);
  t.match(prepare('test', bare).stderr, /^ {2}chromium +/m);
  t.match(prepare('bench', bare).stderr, /^ {2}xvfb +/m);
  t.notMatch(prepare('test', bare).stderr, /^ {2}postgresql/m, 'its programs are never on the PATH');
});

t.test('a wrong argument is refused', async (t) => {
  const { status, stderr } = prepare('other', process.env);
  t.same({ status, stderr }, { status: 1, stderr: 'setup: usage: node setup/prepare.mjs start|test|bench\n' });
});
