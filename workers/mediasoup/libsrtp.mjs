import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runCommand } from './command.mjs';
import { downloadDebianSource } from './debian-source.mjs';

/**
 * Builds libsrtp with OpenSSL as its cipher: Debian's own source package, which Debian builds with NSS, at a third of the speed. Its own
 * tests are run.
 *
 * @param {{ buildFiles: string, folder: string, env: NodeJS.ProcessEnv, log: (line: string) => void }} options `buildFiles` has the
 *   checksums of sources that are taken; `folder` does not exist yet
 * @returns {Promise<string>} folder of `include/srtp2/` and `lib/libsrtp2.a`
 * @throws when the source cannot be had, is another one, or fails its tests
 */
export async function buildLibsrtp({ buildFiles, folder, env, log }) {
  log('Downloading and building libsrtp');
  await mkdir(folder, { recursive: true });
  const files = await downloadDebianSource({ name: 'libsrtp2', folder, env });
  const tarball = await pinnedTarball(files, await readFile(join(buildFiles, 'libsrtp.sha256'), 'utf8'));
  const source = join(folder, 'source');
  await unpack(tarball, files, source);
  return await compile({ source, folder, env });
}

/**
 * @param {readonly string[]} files of a source package
 * @param {string} pins in the form of sha256sum(1)
 * @returns {Promise<string>} the one that is pinned
 * @throws when none is
 */
export async function pinnedTarball(files, pins) {
  for (const file of files.filter((name) => name.includes('.orig.tar.'))) {
    const checksum = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    if (pins.split('\n').includes(`${checksum}  ${basename(file)}`)) return file;
    throw new Error(`${basename(file)} has the checksum ${checksum}, which libsrtp.sha256 does not list`);
  }
  throw new Error('the source package has no .orig.tar file');
}

/**
 * Unpacks the original source and applies Debian's patches, among them those for security, in their order.
 *
 * @param {string} tarball
 * @param {readonly string[]} files
 * @param {string} source
 */
async function unpack(tarball, files, source) {
  await mkdir(source);
  await runCommand('tar', ['-xf', tarball, '-C', source, '--strip-components=1']);
  const debian = files.find((name) => name.includes('.debian.tar.'));
  if (!debian) return;
  await runCommand('tar', ['-xf', debian, '-C', source]);
  const patches = join(source, 'debian/patches');
  for (const name of await series(patches)) {
    const input = await readFile(join(patches, name), 'utf8');
    await runCommand('patch', ['-p1', '--forward', '--no-backup-if-mismatch'], { cwd: source, input });
  }
}

/** The names in quilt's list of patches. @param {string} patches */
async function series(patches) {
  const list = join(patches, 'series');
  if (!existsSync(list)) return [];
  const lines = (await readFile(list, 'utf8')).split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim().split(/\s/)[0] ?? '').filter((name) => name !== '');
}

/** @param {{ source: string, folder: string, env: NodeJS.ProcessEnv }} options */
async function compile({ source, folder, env }) {
  const build = join(folder, 'build');
  const built = join(folder, 'built');
  const options = {
    ...{ CMAKE_BUILD_TYPE: 'Release', CMAKE_C_FLAGS_RELEASE: '-O3', CMAKE_INSTALL_PREFIX: built },
    // Warnings of newer compilers would be errors.
    ...{ ENABLE_OPENSSL: 'ON', BUILD_SHARED_LIBS: 'OFF', TEST_APPS: 'ON', BUILD_WITH_WARNINGS: 'OFF' },
  };
  const definitions = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
  await runCommand('cmake', ['-G', 'Ninja', ...definitions, '-S', source, '-B', build], { env });
  await runCommand('ninja', ['-C', build], { env });
  // rtpw sends to fixed ports, which somebody else may use.
  // Some of them mostly sleep.
  const tests = ['--test-dir', build, '--output-on-failure', '--parallel', '4', '--exclude-regex', '^rtpw'];
  await runCommand('ctest', tests, { env });
  await runCommand('cmake', ['--install', build], { env });
  return built;
}
