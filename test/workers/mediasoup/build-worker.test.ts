import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { buildWorker, patchedSource } from '../../../workers/mediasoup/build-worker.mjs';
import { BUILD_FILES, mediasoupFolder, workerBinaryPath } from '../../../workers/mediasoup/worker-binary.mjs';

/** Instead of compiling, the build of these tests copies the patched source: what is tested is everything around it. */
const CMAKE_FILE = `
cmake_minimum_required(VERSION 3.22)
project(test NONE)
add_custom_command(OUTPUT mediasoup-worker COMMAND cp \${WORKER_SOURCE}/src/main.cpp mediasoup-worker)
add_custom_target(worker ALL DEPENDS mediasoup-worker)
`;

const PATCH = `--- a/src/main.cpp
+++ b/src/main.cpp
@@ -1,3 +1,3 @@
 one
-two
+TWO
 three
`;

function project(t: Test, { source = 'one\ntwo\nthree\n', cmakeFile = CMAKE_FILE } = {}) {
  const folder = t.testdir({
    cache: {},
    files: { 'CMakeLists.txt': cmakeFile, patches: { '0001-second-line.patch': PATCH } },
    mediasoup: {
      'package.json': JSON.stringify({ version: '3.99.0' }),
      worker: { src: { 'main.cpp': source }, include: {}, deps: {}, fbs: {}, 'meson.build': '' },
    },
  });
  const lines: string[] = [];
  const options = {
    libsrtp: async () => join(folder, 'libsrtp'),
    env: { PATH: process.env.PATH, XDG_CACHE_HOME: join(folder, 'cache') },
    buildFiles: join(folder, 'files'),
    mediasoup: join(folder, 'mediasoup'),
    log: (line: string) => void lines.push(line),
  };
  const cacheFolder = join(folder, 'cache', 'shoal', 'mediasoup-worker');
  return { folder, options, lines, cached: () => (existsSync(cacheFolder) ? readdirSync(cacheFolder) : []) };
}

t.test('the first call builds from patched source, the second finds the result', async (t) => {
  const { options, lines, cached } = project(t);
  const binary = await buildWorker(options);
  t.equal(readFileSync(binary, 'utf8'), 'one\nTWO\nthree\n');
  t.equal(binary, workerBinaryPath(options));
  t.match(binary, /\/cache\/shoal\/mediasoup-worker\/3\.99\.0-[0-9a-f]{16}\/mediasoup-worker$/);
  t.ok(
    lines.some((line) => line.includes('100 %')),
    'progress is reported',
  );
  t.same(cached(), [binary.split('/').at(-2)], 'nothing temporary is left');

  lines.length = 0;
  t.equal(await buildWorker({ ...options, env: { ...options.env, PATH: '/nowhere' } }), binary, 'no tool is needed');
  t.same(lines, []);
});

t.test(
  'where libsrtp cannot be built, the worker with the one of the distribution is built and used until there is another',
  async (t) => {
    const { options, lines, cached } = project(t);
    const failing = new Error(
      '`apt-get source` ended with exit code 100:\nReading package lists...\nE: You must put URIs',
    );
    const fallback = await buildWorker({ ...options, libsrtp: () => Promise.reject(failing) });
    t.match(fallback, /3\.99\.0-[0-9a-f]{16}-system-libsrtp\/mediasoup-worker$/);
    t.strictSame(
      lines.filter((line) => line.includes('libsrtp')),
      ["libsrtp with OpenSSL could not be built, the distribution's may be slower: E: You must put URIs"],
    );
    t.equal(workerBinaryPath(options), fallback);

    lines.length = 0;
    t.equal(await buildWorker(options), fallback, 'without another attempt');
    t.strictSame(lines, [
      `The media worker has the distribution's libsrtp, which may be slower. To try again: rm -r ${dirname(fallback)}`,
    ]);
    rmSync(dirname(fallback), { recursive: true });
    const binary = await buildWorker(options);
    t.match(binary, /3\.99\.0-[0-9a-f]{16}\/mediasoup-worker$/);
    await buildWorker(options);
    t.equal(cached().length, 1);
  },
);

t.test('another patch means another worker', async (t) => {
  const { folder, options } = project(t);
  const before = workerBinaryPath(options);
  writeFileSync(join(folder, 'files', 'patches', '0001-second-line.patch'), PATCH.replace('+TWO', '+2'));
  t.not(workerBinaryPath(options), before);
});

t.test('two concurrent builds succeed', async (t) => {
  const { options, cached } = project(t);
  const [first, second] = await Promise.all([buildWorker(options), buildWorker(options)]);
  t.equal(first, second);
  t.ok(existsSync(first));
  t.equal(cached().length, 1);
});

t.test('a patch that does not apply stops the build and is named', async (t) => {
  const { options, cached } = project(t, { source: 'one\nelse\nthree\n' });
  await t.rejects(buildWorker(options), { message: /^0001-second-line\.patch does not apply .*\n[\s\S]*FAILED/ });
  t.same(cached(), [], 'nothing is left');
});

t.test('a failing build prints its output and leaves nothing', async (t) => {
  const cmakeFile = CMAKE_FILE.replace('COMMAND cp', 'COMMAND echo the compiler says no && false');
  const { options, cached } = project(t, { cmakeFile });
  await t.rejects(buildWorker(options), { message: /`ninja .*ended with exit code 1:[\s\S]*the compiler says no/ });
  t.same(cached(), []);
});

t.test('MEDIASOUP_WORKER_BIN takes precedence over the cache', async (t) => {
  const { folder, options, lines } = project(t);
  const binary = join(folder, 'mediasoup', 'worker', 'src', 'main.cpp');
  t.equal(await buildWorker({ ...options, env: { ...options.env, MEDIASOUP_WORKER_BIN: binary } }), binary);
  t.same(lines, []);
  const missing = { ...options.env, MEDIASOUP_WORKER_BIN: '/nowhere/worker' };
  await t.rejects(buildWorker({ ...options, env: missing }), { message: /MEDIASOUP_WORKER_BIN .*\/nowhere\/worker/ });
});

t.test('the cache is in the home folder unless XDG_CACHE_HOME is an absolute path', async (t) => {
  const { options } = project(t);
  for (const env of [{ HOME: '/home/ann' }, { HOME: '/home/ann', XDG_CACHE_HOME: 'relative' }]) {
    const path = workerBinaryPath({ ...options, env });
    t.ok(path.startsWith('/home/ann/.cache/shoal/mediasoup-worker/3.99.0-'), path);
  }
});

t.test('the patches of the worker', async (t) => {
  const folder = t.testdir({});
  const source = join(folder, 'source');
  const mediasoup = mediasoupFolder();
  await t.test('the patches apply to the installed mediasoup', async (t) => {
    await patchedSource({ mediasoup, buildFiles: BUILD_FILES, source });
    t.match(readFileSync(join(source, 'src/RTC/DtlsTransport.cpp'), 'utf8'), 'operationType & BIO_CB_RETURN');
    t.match(readFileSync(join(source, 'src/RTC/WebRtcTransport.cpp'), 'utf8'), 'egressRemap.Apply(');
    t.match(readFileSync(join(source, 'src/RTC/WebRtcTransport.cpp'), 'utf8'), 'SRTP profile: ');
  });
  await t.test('the patches do not apply where the code around them changed', async (t) => {
    const changed = join(folder, 'mediasoup');
    await cp(join(mediasoup, 'worker'), join(changed, 'worker'), { recursive: true });
    const file = join(changed, 'worker', 'src/RTC/WebRtcTransport.cpp');
    const before = readFileSync(file, 'utf8');
    const after = before.replace('const uint8_t* data = packet->GetBuffer();', 'auto data = packet->GetBuffer();');
    t.not(after, before);
    writeFileSync(file, after);
    const patching = patchedSource({ mediasoup: changed, buildFiles: BUILD_FILES, source: join(folder, 'other') });
    await t.rejects(patching, { message: /^0002-egress-remap\.patch does not apply/ });
  });
});
