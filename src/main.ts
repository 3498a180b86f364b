import { readFileSync } from 'node:fs';
import { readConfig } from './config/config.ts';
import { StartError } from './error/start-error.ts';
import { logAddresses } from './log/log-addresses.ts';
import { logStart } from './log/log-start.ts';
import { createLogger, type Logger } from './log/logger.ts';
import { Server } from './server.ts';

/** Milliseconds after which a stop that hangs is cut short. */
const stopTimeout = 5000;

async function main(): Promise<void> {
  const config = await readConfig(process.env);
  const logger = createLogger(config.log);
  const starting = Promise.withResolvers<Server>();
  // Before the first child is there.
  const stopping = stopAtSignal(starting.promise, logger);
  const exit = (code: number) => {
    process.exitCode = code;
    process.kill(process.pid, 'SIGTERM');
  };
  starting.resolve(Server.start(config, logger, exit));
  const server = await starting.promise;
  if (stopping.aborted) return;
  logStart(logger, config, { version: version(), componentTypes: server.componentTypes });
  if (!config.production) logAddresses(logger, config, server);
}

/** Also while the server is starting: it has children by then that must not be left behind. */
function stopAtSignal(starting: Promise<Server>, logger: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    logger.info({ signal }, 'Stopping.');
    // A start that failed has cleaned up itself, and says so.
    const server = await starting.catch(() => undefined);
    setTimeout(() => process.exit(process.exitCode || 1), stopTimeout).unref();
    await server?.close();
    logger.info('Stopped.');
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return stopping.signal;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

main().catch((error: unknown) => {
  const text =
    error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : error;
  process.stderr.write(`Shoal cannot start: ${text}\n`);
  process.exit(1);
});
