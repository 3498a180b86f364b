import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** Debian's packages ask this script before they start or stop a service (invoke-rc.d(8), deb-systemd-invoke(1p)). */
const POLICY = '/usr/sbin/policy-rc.d';

const MARK = "# Written while Shoal's packages are installed";

/** 101: the action is forbidden. */
const CONTENT = `#!/bin/sh\n${MARK}; to be removed if that is over.\nexit 101\n`;

/**
 * Installs packages without the services that they would start: some programs are children of the server, others of its tests, each with a
 * configuration of its own, and a second one would only take their ports. A policy that the machine has already is kept.
 *
 * @param {() => Promise<unknown>} install
 * @param {string} [path] of the policy
 */
export async function withoutDaemons(install, path = POLICY) {
  if (!forbidDaemons(path)) {
    await install();
    return;
  }
  const allow = () => rmSync(path, { force: true });
  // an interrupted installation exits with process.exit()
  process.once('exit', allow);
  try {
    await install();
  } finally {
    process.removeListener('exit', allow);
    allow();
  }
}

/**
 * @param {string} path
 * @returns {boolean} whether the policy is ours, so that it is to be removed; one that was left behind by a killed set-up is
 */
function forbidDaemons(path) {
  try {
    writeFileSync(path, CONTENT, { flag: 'wx', mode: 0o755 });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return readFileSync(path, 'latin1').includes(MARK);
  }
}
