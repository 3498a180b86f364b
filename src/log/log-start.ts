import type { Config } from '../config/config.ts';
import { publicUrl } from '../config/http.ts';
import type { Logger } from './logger.ts';

/**
 * The lines of a start (docs/contracts/fishjam-config.md 1), to be called once everything listens. Container
 * tooling waits on standard output for `Access FishjamWeb.Endpoint at`, so that line comes last and is written at any log level.
 * @param start `componentTypes`: the component types that rooms can have, which may be fewer than the configured ones
 */
export function logStart(
  logger: Logger,
  config: Config,
  start: { readonly version: string; readonly componentTypes: readonly string[] },
): void {
  for (const warning of config.warnings) logger.warn(warning);
  logger.info(`Starting Shoal v${start.version} (${config.gitCommit})`);
  logger.info(`Distribution config: ${JSON.stringify(withoutCookie(config.distribution))}`);
  logger.info(`WebRTC config: ${JSON.stringify(config.webrtc)}`);
  logger.info(`Allowed components: ${JSON.stringify(start.componentTypes)}`);
  const address = publicUrl(config);
  if (config.jellyfish) announce(logger, `Access JellyfishWeb.Endpoint at ${address}`);
  announce(logger, `Access FishjamWeb.Endpoint at ${address}`);
}

function withoutCookie(distribution: Config['distribution']): object {
  const { enabled, mode } = distribution;
  if (!distribution.enabled) return { enabled, mode };
  const { cookie: _, ...shown } = distribution;
  return shown;
}

/** Logged whatever the configured level is: tooling waits for this line. */
function announce(logger: Logger, line: string): void {
  logger.child({}, { level: 'info' }).info(line);
}
