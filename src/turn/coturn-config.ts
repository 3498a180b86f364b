import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { TlsFiles } from '../config/http.ts';
import type { PortRange } from '../config/text-form.ts';
import { uriHost } from './turn-credentials.ts';

/** What the configuration file is made of. */
export interface CoturnOptions {
  /** Addresses to listen on; not `0.0.0.0` or `::`. */
  readonly listenIps: readonly string[];
  /** The local address that it relays from, and the only one that it relays to: that of the media workers. */
  readonly relayIp: string;
  /** Address that clients connect to. */
  readonly announcedIp: string;
  readonly udpPort: number;
  /** Undefined: no TCP. */
  readonly tcpPort?: number | undefined;
  readonly tls?: (TlsFiles & { readonly port: number }) | undefined;
  readonly relayPorts: PortRange;
  /** Number of threads that relay; >= 1. */
  readonly relayThreads: number;
  /** Maximum number of allocations of one peer. */
  readonly allocationsPerPeer: number;
  readonly secret: string;
  /** Password of the command line interface. */
  readonly consolePassword: string;
  /** Private folder for its files. */
  readonly folder: string;
}

/**
 * The configuration file of coturn (4.5.2 or newer). coturn accepts the peers of this server only and relays to its media
 * address only, so that it gives no access to the network behind it (RFC 8656, section 21.1.6).
 * @throws when an option contains a line break
 */
export function coturnConfig(options: CoturnOptions): string {
  const lines = [...listeners(options), ...relay(options), ...access(options), ...commands(options), ...quiet(options)];
  for (const line of lines) if (/[\r\n]/.test(line)) throw new Error('A TURN option contains a line feed');
  return `${lines.join('\n')}\n`;
}

/** coturn opens both UDP and TCP on its main port and on auxiliary ones, so a separate TCP port is an auxiliary server. */
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

/** With `external-ip`, clients are told the announced address and may use it as the peer address: coturn maps it to the local one. */
function relay({ relayIp, announcedIp, relayPorts, relayThreads }: CoturnOptions): string[] {
  return [
    `relay-ip=${relayIp}`,
    ...(announcedIp === relayIp ? [] : [`external-ip=${announcedIp}/${relayIp}`]),
    ...(isIPv6(relayIp) ? ['allocation-default-address-family=ipv6'] : []),
    `min-port=${relayPorts.min}`,
    `max-port=${relayPorts.max}`,
    `relay-threads=${relayThreads}`,
    'no-tcp-relay',
  ];
}

function access({ relayIp, secret, allocationsPerPeer }: CoturnOptions): string[] {
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
 * Allocations can only be ended through the command line interface, which newer versions of coturn open only when asked to; older ones do not know
 * `cli` and ignore it. Port 0: one that the system chooses, on loopback.
 */
function commands({ consolePassword }: CoturnOptions): string[] {
  return ['cli', 'cli-ip=127.0.0.1', 'cli-port=0', `cli-password=${consolePassword}`, 'cli-max-output-sessions=65536'];
}

/**
 * No files outside the private folder, no optional attributes in responses. Dynamic realms stay enabled
 * although there are none: reading them makes coturn create its database at the start. Otherwise the first clients make it do so, and
 * when two come at once, one of the two threads fails and refuses its client.
 */
function quiet({ folder }: CoturnOptions): string[] {
  return [
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
