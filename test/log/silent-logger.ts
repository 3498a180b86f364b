import { createLogger } from '../../src/log/logger.ts';

/** Says nothing. It has a file of its own: benchmarks use it, and tap, which the engines load, would end them after its timeout. */
export const silentLogger = createLogger({ level: 'error', structured: true }, { write: () => undefined });
