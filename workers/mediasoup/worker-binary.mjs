import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the build files, whose content (without this code) determines the worker. */
export const BUILD_FILES = dirname(fileURLToPath(import.meta.url));

/**
 * Folder of the installed mediasoup package. It is searched without the module resolver, which caches that it was missing even after the
 * setup has installed it.
 *
 * @throws when it is not installed
 */
export function mediasoupFolder() {
  for (let folder = BUILD_FILES; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', 'mediasoup');
    if (existsSync(join(found, 'package.json'))) return found;
  }
  throw new Error('The npm package mediasoup is not installed');
}

/** End of the name of a folder whose worker has the distribution's libsrtp, because the source of libsrtp could not be had. */
const SYSTEM_LIBSRTP = '-system-libsrtp';

/**
 * Path of the worker for the installed mediasoup, these build files and this system, whether built yet or not: the one with the
 * distribution's libsrtp only where there is no other. `MEDIASOUP_WORKER_BIN` takes precedence.
 *
 * @param {{ env?: NodeJS.ProcessEnv, buildFiles?: string, mediasoup?: string }} [options]
 * @returns {string} absolute path
 * @throws when mediasoup is not installed
 */
export function workerBinaryPath({ env = process.env, buildFiles = BUILD_FILES, mediasoup = mediasoupFolder() } = {}) {
  if (env.MEDIASOUP_WORKER_BIN) return resolve(env.MEDIASOUP_WORKER_BIN);
  const { version } = JSON.parse(readFileSync(join(mediasoup, 'package.json'), 'utf8'));
  const key = `${version}-${buildHash(buildFiles)}`;
  const binary = join(cacheFolder(env), 'shoal', 'mediasoup-worker', key, 'mediasoup-worker');
  const fallback = withSystemLibsrtp(binary);
  return existsSync(fallback) && !existsSync(binary) ? fallback : binary;
}

/** The same worker in a folder whose name says that it has the distribution's libsrtp. @param {string} binary */
export function withSystemLibsrtp(binary) {
  return join(`${dirname(binary)}${SYSTEM_LIBSRTP}`, basename(binary));
}

/** Whether a worker of the cache has the distribution's libsrtp. @param {string} binary */
export function hasSystemLibsrtp(binary) {
  return dirname(binary).endsWith(SYSTEM_LIBSRTP);
}

/** @param {NodeJS.ProcessEnv} env */
function cacheFolder(env) {
  // A relative path is invalid and to be ignored (XDG Base Directory Specification).
  const configured = env.XDG_CACHE_HOME;
  return configured?.startsWith('/') ? configured : join(env.HOME || homedir(), '.cache');
}

/** @param {string} folder */
function buildHash(folder) {
  const hash = createHash('sha256');
  hash.update(`${process.platform} ${process.arch} ${distribution()}\0`);
  for (const file of filesBelow(folder)) {
    hash
      .update(`${relative(folder, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** The worker is linked to the distribution's shared libraries, so another release needs another build. */
function distribution() {
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    return release.match(/^(ID|VERSION_ID)=.*$/gm)?.join(' ') ?? '';
  } catch {
    return '';
  }
}

/**
 * @param {string} folder
 * @returns {string[]} sorted paths of the build files, without this module and its neighbours
 */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .filter((path) => !path.endsWith('.mjs'))
    .sort();
}
