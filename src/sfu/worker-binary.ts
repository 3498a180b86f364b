import { existsSync } from 'node:fs';
import { workerBinaryPath } from '../../workers/mediasoup/worker-binary.mjs';

/**
 * Path of mediasoup's worker executable, for `startWorker({ workerBin })`: the value of `MEDIASOUP_WORKER_BIN`, otherwise the
 * one that the setup built into the cache.
 *
 * @throws Error when there is none
 */
export function workerBinary(env: NodeJS.ProcessEnv = process.env): string {
  const path = workerBinaryPath({ env });
  if (!existsSync(path)) {
    throw new Error(
      `The mediasoup worker is missing: ${path}. \`npm start\` builds it; MEDIASOUP_WORKER_BIN names another one.`,
    );
  }
  return path;
}
