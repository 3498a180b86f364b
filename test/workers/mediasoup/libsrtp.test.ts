import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildLibsrtp } from '../../../workers/mediasoup/libsrtp.mjs';
import { sourceRepository, withoutApt } from './source-repository.ts';

const tarball = 'libsrtp2_2.5.0.orig.tar.gz';

/** Installs its source as it is after Debian's patch. @param line what its own test looks for */
const original = (line: string) => ({
  'libsrtp/CMakeLists.txt': `
cmake_minimum_required(VERSION 3.12)
project(libsrtp2 NONE)
enable_testing()
add_test(NAME content COMMAND grep ${line} \${CMAKE_SOURCE_DIR}/srtp.h)
add_test(NAME rtpw_test COMMAND false)
install(FILES srtp.h DESTINATION include/srtp2)
`,
  'libsrtp/srtp.h': 'one\ntwo\nthree\n',
});
const patch = '--- a/srtp.h\n+++ b/srtp.h\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n';
const debian = { 'debian/patches/series': '# first\nsecond-line.patch\n', 'debian/patches/second-line.patch': patch };

/** @param pin of the original source; its own by default */
function build(folder: string, { line = 'TWO', pin = '' } = {}) {
  const repository = join(folder, 'repository');
  const env = sourceRepository(repository, { [tarball]: original(line), 'libsrtp2_2.5.0-3.debian.tar.xz': debian });
  const checksum = createHash('sha256')
    .update(readFileSync(join(repository, tarball)))
    .digest('hex');
  writeFileSync(join(folder, 'libsrtp.sha256'), `${pin || checksum}  ${tarball}\n`);
  return buildLibsrtp({ buildFiles: folder, folder: join(folder, 'own'), env, log: () => undefined });
}

t.test("the source is built with Debian's patches, tested and installed", withoutApt, async (t) => {
  const built = await build(t.testdir({}));
  t.equal(readFileSync(join(built, 'include/srtp2/srtp.h'), 'utf8'), 'one\nTWO\nthree\n');
});

t.test('another source than the pinned one is refused before it is unpacked', withoutApt, async (t) => {
  const folder = t.testdir({});
  const building = build(folder, { pin: '0'.repeat(64) });
  await t.rejects(building, { message: /^libsrtp2_2\.5\.0\.orig\.tar\.gz has the checksum [0-9a-f]{64}, which/ });
  t.notOk(existsSync(join(folder, 'own/source')));
});

t.test('a library that fails its tests is not used', withoutApt, async (t) => {
  await t.rejects(build(t.testdir({}), { line: 'FOUR' }), { message: /`ctest .*ended with exit code 8/ });
});
