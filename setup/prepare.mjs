// Prepares the machine for `npm start`, `npm test` and `npm run bench`: Debian packages, npm packages, the mediasoup worker. Does only what
// is missing; runs on the system's Node.js, before anything is installed.
// Usage: node setup/prepare.mjs start|test|bench

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWorker } from '../workers/mediasoup/build-worker.mjs';
import { workerBinaryPath } from '../workers/mediasoup/worker-binary.mjs';
import { BENCH_PACKAGES, RUNTIME_PACKAGES, TEST_PACKAGES, WORKER_BUILD_PACKAGES } from './debian-packages.mjs';
import { hasModules, INSTALL_MODULES, installModules } from './install-modules.mjs';
import { canInstallPackages, installPackages, missingPackages } from './install-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const log = (/** @type {string} */ line) => console.log(`setup: ${line}`);

/** What is needed on top of what the server needs. @type {Record<string, import('./debian-packages.mjs').Requirement[]>} */
const ADDITIONAL_PACKAGES = { start: [], test: TEST_PACKAGES, bench: [...TEST_PACKAGES, ...BENCH_PACKAGES] };

async function prepare(purpose = '') {
  const additional = Object.hasOwn(ADDITIONAL_PACKAGES, purpose) && ADDITIONAL_PACKAGES[purpose];
  if (!additional) throw new Error('usage: node setup/prepare.mjs start|test|bench');
  const modulesMissing = !hasModules(root);
  const missing = missingPackages([...RUNTIME_PACKAGES, ...additional, ...(hasWorker() ? [] : WORKER_BUILD_PACKAGES)]);
  if (missing.length > 0) {
    if (!canInstallPackages()) throw new Error(instructions(missing, modulesMissing));
    await installPackages(missing, log);
  }
  if (modulesMissing) await installModules(root, log);
  await buildWorker({ log });
}

function hasWorker() {
  try {
    return existsSync(workerBinaryPath());
  } catch {
    // Without mediasoup nobody knows yet which worker it takes.
    return false;
  }
}

/**
 * @param {import('./debian-packages.mjs').Requirement[]} missing
 * @param {boolean} modulesMissing
 */
function instructions(missing, modulesMissing) {
  const width = Math.max(...missing.map(({ name }) => name.length));
  return [
    'This machine lacks packages, and only root on Debian or Ubuntu can have them installed from here. Please install:',
    ...missing.map(({ name, reason }) => `  ${name.padEnd(width)}  ${reason}`),
    'On Debian and Ubuntu:',
    `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.map(({ name }) => name).join(' ')}`,
    ...(modulesMissing ? ['Then, or just start again:', `  ${INSTALL_MODULES}`] : []),
  ].join('\n');
}

// An interrupted build has to remove its temporary folder.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => process.exit(130));
try {
  await prepare(process.argv[2]);
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
