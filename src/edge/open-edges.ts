import type { Clock } from '../clock/clock.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import type { EdgeSettings } from './edge-message.ts';
import { Edges } from './edges.ts';

export interface OpenEdgesOptions {
  readonly config: Config;
  readonly tls: EdgeSettings['tls'];
  /** Gets the bytes of HTTP that edges have received and sent. */
  readonly traffic: { received(bytes: number): void; sent(bytes: number): void };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The edges that the configuration wants. */
export function openEdges({ config, tls, traffic, clock, logger }: OpenEdgesOptions): Edges {
  const { hls, http, host, production, maxProcessMemory: maxMemory } = config;
  return new Edges({
    count: hls.edges,
    settings: { tls, ...(!production && { loopback: { ip: http.ip, host } }) },
    ...{ maxMemory, clock, logger },
    onTraffic: ({ received, sent }) => {
      if (received > 0) traffic.received(received);
      if (sent > 0) traffic.sent(sent);
    },
  });
}
