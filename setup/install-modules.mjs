import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { runCommand } from '../workers/mediasoup/command.mjs';

/** As text for people who have to run it themselves. */
export const INSTALL_MODULES = 'MEDIASOUP_WORKER_BIN=built-later npm ci --include=dev';

/**
 * Whether node_modules holds what package-lock.json asks for: the same versions, and the Node.js that runs the server.
 * Packages for other platforms may be absent.
 *
 * @param {string} root folder of package.json
 */
export function hasModules(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!installed || !existsSync(join(root, 'node_modules', '.bin', 'node'))) return false;
  const wanted = readPackages(join(root, 'package-lock.json')) ?? {};
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version : optional === true;
  });
}

/**
 * Installs what package-lock.json names. The development dependencies belong to it even in production: one of them is the
 * Node.js that runs the server.
 *
 * @param {string} root
 * @param {(line: string) => void} log
 * @throws {import('../workers/mediasoup/command.mjs').CommandError}
 */
export async function installModules(root, log) {
  log('Installing npm packages (may take a minute)');
  await runCommand('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    // mediasoup's install script would download or build a worker; any value makes it do nothing.
    env: {
      ...process.env,
      PATH: pathOutsideModules(),
      MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN || 'built-later',
    },
  });
  if (!existsSync(join(root, 'node_modules', '.bin', 'node'))) {
    throw new Error(
      'npm did not install the `node` package completely. Are install scripts switched off (ignore-scripts)?',
    );
  }
}

/** npm runs this script with node_modules/.bin in front of the PATH, but `npm ci` deletes that folder, its Node.js included. */
function pathOutsideModules() {
  const inModules = `${sep}node_modules${sep}.bin`;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(inModules))
    .join(delimiter);
}

/**
 * @param {string} file lock file
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
