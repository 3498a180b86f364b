import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from '../workers/mediasoup/command.mjs';
import { Progress } from '../workers/mediasoup/progress.mjs';
import { withoutDaemons } from './without-daemons.mjs';

/** @typedef {import('./debian-packages.mjs').Requirement} Requirement */

/**
 * What of the given packages this machine lacks: dpkg does not know it, and nothing shows that it is there nevertheless
 * (another distribution, an own build).
 *
 * @param {Requirement[]} packages
 * @returns {Requirement[]}
 */
export function missingPackages(packages) {
  const installed = installedPackages(packages);
  const unknown = packages.filter(({ name }) => !installed.has(name));
  return canInstallPackages() ? unknown : unknown.filter(({ proof }) => !isProven(proof));
}

/** Whether this process may install packages: a system with apt, and root. */
export function canInstallPackages() {
  return process.getuid?.() === 0 && isOnPath('apt-get') && isOnPath('dpkg-query');
}

/**
 * Installs packages with apt-get, after an update of its lists. Their services are not started, now or later.
 *
 * @param {Requirement[]} packages
 * @param {(line: string) => void} log
 * @throws {import('../workers/mediasoup/command.mjs').CommandError}
 */
export async function installPackages(packages, log) {
  const names = packages.map(({ name }) => name);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  log('Updating the lists of Debian packages');
  try {
    await runCommand('apt-get', ['update'], { env });
  } catch (error) {
    // One source of several may be out of reach; the installation tells whether that matters.
    log(`That failed, going on with the lists at hand: ${error instanceof Error ? error.message : error}`);
  }
  log(`Installing Debian packages: ${names.join(' ')}`);
  const install = ['install', '-y', '--no-install-recommends', ...names];
  const progress = new Progress(log);
  let done = 0;
  let total = names.length;
  const onLine = (/** @type {string} */ line) => {
    // What is asked for brings more with it.
    total = Number(line.match(/ (\d+) newly installed/)?.[1] ?? total);
    if (line.startsWith('Setting up ')) progress.update(++done, total);
  };
  await withoutDaemons(() => runCommand('apt-get', install, { env, onLine }));
  await disableDaemons(packages);
}

/**
 * Services of packages that were just installed would start with the machine. The same program as a child of the server or of a test does
 * not need them. A service that was there before is left alone.
 *
 * @param {Requirement[]} packages that have just been installed
 */
async function disableDaemons(packages) {
  const services = packages.flatMap(({ service }) => (service ? [service] : []));
  if (services.length === 0 || !existsSync('/run/systemd/system')) return;
  await runCommand('systemctl', ['disable', ...services]);
}

/**
 * @param {Requirement[]} packages
 * @returns {Set<string>} the names of those that dpkg knows as installed
 */
function installedPackages(packages) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const format = '-f=${db:Status-Abbrev}${Package}\n';
  // Ends with 1 if one of the packages is unknown, and does not exist on other systems; its output is all that matters.
  const { stdout } = spawnSync('dpkg-query', ['-W', format, ...packages.map(({ name }) => name)], { encoding: 'utf8' });
  const lines = (stdout ?? '').split('\n');
  return new Set(lines.filter((line) => line.startsWith('ii ')).map((line) => line.slice(3).trim()));
}

/** @param {Requirement['proof']} proof */
function isProven(proof) {
  if ('program' in proof) return isOnPath(proof.program) || foldersOf(proof.versions).some(has(proof.program));
  return spawnSync('pkg-config', ['--exists', proof.module]).status === 0;
}

/** @param {string} program */
function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some(has(program));
}

/** The folders of programs that Debian keeps out of the PATH. @param {string | undefined} versions folder of one folder per version */
function foldersOf(versions) {
  return versions && existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : [];
}

/** @param {string} program */
function has(program) {
  return (/** @type {string} */ folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
}
