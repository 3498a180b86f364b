import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { PortRange, TlsFiles } from '../config/config.ts';
import { uriHost } from './turn-credentials.ts';

/** What coturn has to do. */
export interface CoturnOptions {
  /** Addresses to listen on; none of them unspecified. */
  readonly listenIps: readonly string[];
  /** Our own address from which it relays, and the only one to which it relays: that of the media workers. */
  readonly relayIp: string;
  /** Address that clients know. */
  readonly announcedIp: string;
  readonly udpPort: number;
  /** Undefined: no TCP. */
  readonly tcpPort?: number | undefined;
  readonly tls?: (TlsFiles & { readonly port: number }) | undefined;
  readonly relayPorts: PortRange;
  readonly secret: string;
  /** Private folder for its files. */
  readonly folder: string;
}

/**
 * Allocations that one peer may hold at a time. A client makes one per TURN entry in each ICE restart, and there is one restart per change
 * in the room; Chromium keeps the old ones for a minute or more. One that is refused cuts its client off, so this is far above what a
 * busy room needs: 64 were used up by twelve others coming and going within half a minute.
 */
const allocationsPerPeer = 512;

/**
 * The configuration file of coturn (4.5.2 or newer). It serves nobody but our peers and reaches nothing but our media address, so that it
 * cannot be used as a way into the network (RFC 8656, section 21.1.6).
 * @throws when a path could break out of its line
 */
export function coturnConfig(options: CoturnOptions): string {
  const lines = [...listeners(options), ...relay(options), ...access(options), ...quiet(options)];
  for (const line of lines) if (/[\r\n]/.test(line)) throw new Error('A TURN option contains a line feed');
  return `${lines.join('\n')}\n`;
}

/** coturn opens UDP and TCP alike on its main port and on auxiliary ones; a TCP port of its own is therefore an auxiliary server. */
function listeners({ listenIps, udpPort, tcpPort, tls }: CoturnOptions): string[] {
  const ownTcp = tcpPort !== undefined && tcpPort !== udpPort;
  return [
    ...listenIps.map((ip) => `listening-ip=${ip}`),
    `listening-port=${udpPort}`,
    ...(tcpPort === undefined ? ['no-tcp'] : []),
    ...(ownTcp ? listenIps.map((ip) => `aux-server=${uriHost(ip)}:${tcpPort}`) : []),
    ...(tls ? [`tls-listening-port=${tls.port}`, `cert=${tls.certPath}`, `pkey=${tls.keyPath}`] : ['no-tls']),
    ...(tls ? ['no-tlsv1', 'no-tlsv1_1'] : []),
    'no-dtls',
  ];
}

/** With `external-ip`, clients are told the announced address, and may name it as the peer: coturn puts ours in its place. */
function relay({ relayIp, announcedIp, relayPorts }: CoturnOptions): string[] {
  return [
    `relay-ip=${relayIp}`,
    ...(announcedIp === relayIp ? [] : [`external-ip=${announcedIp}/${relayIp}`]),
    ...(isIPv6(relayIp) ? ['allocation-default-address-family=ipv6'] : []),
    `min-port=${relayPorts.min}`,
    `max-port=${relayPorts.max}`,
    'no-tcp-relay',
  ];
}

function access({ relayIp, secret }: CoturnOptions): string[] {
  const loopback = ipaddr.process(relayIp).range() === 'loopback';
  return [
    'use-auth-secret',
    `static-auth-secret=${secret}`,
    'realm=shoal',
    'denied-peer-ip=0.0.0.0-255.255.255.255',
    'denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    `allowed-peer-ip=${relayIp}`,
    ...(loopback ? ['allow-loopback-peers'] : []),
    'no-multicast-peers',
    `user-quota=${allocationsPerPeer}`,
    'fingerprint',
  ];
}

/**
 * No side doors, nothing outside the private folder, no more bytes in an answer than needed. Dynamic realms stay on although there are none:
 * reading them makes coturn create its database at the start; otherwise the first two clients to come at once would make it do so,
 * in two threads, of which one fails and refuses its client.
 */
function quiet({ folder }: CoturnOptions): string[] {
  return [
    'no-cli',
    'no-rfc5780',
    'no-stun-backward-compatibility',
    'response-origin-only-with-rfc5780',
    'no-software-attribute',
    'no-auth-pings',
    `userdb=${folder}/turn.db`,
    `pidfile=${folder}/turn.pid`,
    'log-file=stdout',
    'simple-log',
  ];
}
