import type { Config } from '../config/config.ts';
import type { Logger } from './logger.ts';

/** Says where the server is: as text for people or, where the log is for programs, as one of its lines. */
export function logAddresses(
  logger: Logger,
  { http, log, metrics, serverApiToken }: Config,
  ports: { readonly port: number; readonly metricsPort: number },
): void {
  const scheme = http.tls ? 'https' : 'http';
  const address = `${scheme}://${openableHost(http.ip)}:${ports.port}`;
  const metricsAddress = `http://${openableHost(metrics.ip)}:${ports.metricsPort}/metrics`;
  if (log.structured) return logger.info({ address, metricsAddress }, 'Shoal is ready.');
  const lines = [
    ['REST API', `${address}/room`],
    ['API docs', `${address}/docs`],
    ['Demo page', `${address}/demo`],
    ['Metrics', metricsAddress],
    ['Token', serverApiToken.reveal() === 'development' ? 'development' : '(FJ_SERVER_API_TOKEN)'],
  ];
  const text = lines.map(([name, value]) => `  ${(name ?? '').padEnd(10)} ${value}`).join('\n');
  process.stdout.write(`\nShoal is ready.\n${text}\n\n`);
}

/** A browser cannot open the address that means all of them. */
function openableHost(ip: string): string {
  if (ip === '0.0.0.0' || ip === '::') return 'localhost';
  return ip.includes(':') ? `[${ip}]` : ip;
}
