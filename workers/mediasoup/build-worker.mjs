import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from './command.mjs';
import { buildLibsrtp } from './libsrtp.mjs';
import { Progress } from './progress.mjs';
import {
  BUILD_FILES,
  hasSystemLibsrtp,
  mediasoupFolder,
  withSystemLibsrtp,
  workerBinaryPath,
} from './worker-binary.mjs';

/** The parts of the package's worker folder that the build reads. */
const SOURCE_PARTS = ['src', 'include', 'deps', 'fbs', 'meson.build'];

/** What the build makes: the worker and, for the measurements, the same with the distribution's libsrtp. */
const EXECUTABLES = ['mediasoup-worker', 'mediasoup-worker-system-libsrtp'];

/**
 * @typedef {object} BuildOptions
 * @property {NodeJS.ProcessEnv} [env] `XDG_CACHE_HOME`, `HOME` and `MEDIASOUP_WORKER_BIN` decide where the worker goes
 * @property {string} [buildFiles] folder of CMakeLists.txt, libsrtp.sha256, patches/, include/ and shim/
 * @property {string} [mediasoup] folder of the installed package
 * @property {typeof buildLibsrtp} [libsrtp] builds what SRTP is done with; when it fails, the distribution's library is linked
 * @property {(line: string) => void} [log] called with lines about the progress
 */

/**
 * Builds the patched mediasoup worker unless it is in the cache already. The build runs in a temporary folder beside the
 * result, which is renamed at the end: neither a failed build nor two at once can leave an incomplete worker.
 *
 * @param {BuildOptions} [options]
 * @returns {Promise<string>} path of the worker
 * @throws when a patch does not apply to this version of mediasoup, or the compiler fails
 */
export async function buildWorker({
  env = process.env,
  buildFiles = BUILD_FILES,
  mediasoup = mediasoupFolder(),
  libsrtp = buildLibsrtp,
  log = console.log,
} = {}) {
  const binary = workerBinaryPath({ env, buildFiles, mediasoup });
  if (existsSync(binary)) {
    if (hasSystemLibsrtp(binary)) {
      log(
        `The media worker has the distribution's libsrtp, which may be slower. To try again: rm -r ${dirname(binary)}`,
      );
    }
    return binary;
  }
  if (env.MEDIASOUP_WORKER_BIN) throw new Error(`MEDIASOUP_WORKER_BIN names a file that does not exist: ${binary}`);

  const folder = dirname(dirname(binary));
  const temporary = join(folder, `.building-${randomBytes(6).toString('hex')}`);
  const cleanUp = () => rmSync(temporary, { recursive: true, force: true });
  process.once('exit', cleanUp);
  try {
    await mkdir(temporary, { recursive: true });
    const source = join(temporary, 'source');
    await patchedSource({ mediasoup, buildFiles, source });
    const library = await libsrtp({ buildFiles, folder: join(temporary, 'libsrtp'), env, log }).catch((error) => {
      log(`libsrtp with OpenSSL could not be built, the distribution's may be slower: ${reasonOf(error)}`);
      return undefined;
    });
    const build = join(temporary, 'build');
    await compile({ buildFiles, source, build, library, env, log });
    const built = library ? binary : withSystemLibsrtp(binary);
    await publish({ build, temporary, binary: built });
    return built;
  } finally {
    process.removeListener('exit', cleanUp);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** In one line: what apt says, or else what failed. @param {unknown} error */
function reasonOf(error) {
  const lines = String(error instanceof Error ? error.message : error).split('\n');
  return lines.find((line) => line.startsWith('E: ')) ?? lines[0];
}

/**
 * Copies the worker's source and applies every patch, in the order of their names and without tolerance for changed
 * context.
 *
 * @param {{ mediasoup: string, buildFiles: string, source: string }} options
 */
export async function patchedSource({ mediasoup, buildFiles, source }) {
  for (const part of SOURCE_PARTS) {
    await cp(join(mediasoup, 'worker', part), join(source, part), { recursive: true });
  }
  const patches = join(buildFiles, 'patches');
  for (const name of readdirSync(patches).sort()) {
    const input = await readFile(join(patches, name), 'utf8');
    try {
      await runCommand('patch', ['-p1', '--fuzz=0', '--forward', '--no-backup-if-mismatch'], { cwd: source, input });
    } catch (error) {
      const message = `${name} does not apply to the source of ${mediasoup}. Another version of mediasoup needs another patch.`;
      throw new Error(`${message}\n${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
}

/**
 * @param {{ buildFiles: string, source: string, build: string, library: string | undefined, env: NodeJS.ProcessEnv,
 *   log: (line: string) => void }} options `library`: an installed libsrtp; the distribution's without
 */
async function compile({ buildFiles, source, build, library, env, log }) {
  log('Configuring the build of the mediasoup worker');
  const definitions = [`-DWORKER_SOURCE=${source}`, ...(library ? [`-DLIBSRTP=${library}`] : [])];
  await runCommand('cmake', ['-G', 'Ninja', ...definitions, '-S', buildFiles, '-B', build], { env });
  log('Compiling the mediasoup worker (once; about six minutes of processor time)');
  const progress = new Progress(log);
  // NINJA_STATUS may be set to something else in the environment; progress is read from this form.
  await runCommand('ninja', ['-C', build, '-j', String(availableParallelism())], {
    env: { ...env, NINJA_STATUS: '[%f/%t] ' },
    onLine: (line) => {
      const [, done, total] = line.match(/^\[(\d+)\/(\d+)\]/) ?? [];
      if (done && total) progress.update(Number(done), Number(total));
    },
  });
}

/** @param {{ build: string, temporary: string, binary: string }} options */
async function publish({ build, temporary, binary }) {
  const finished = join(temporary, 'finished');
  await mkdir(finished);
  for (const name of EXECUTABLES.filter((name) => existsSync(join(build, name)))) {
    await rename(join(build, name), join(finished, name));
  }
  try {
    await rename(finished, dirname(binary));
  } catch (error) {
    // Another build was faster: its result is the same.
    if (!existsSync(binary)) throw error;
  }
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => process.exit(130));
  console.log(await buildWorker());
}
