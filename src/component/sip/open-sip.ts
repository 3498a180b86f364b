import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import type { Config } from '../../config/config.ts';
import { listening } from '../../error/start-error.ts';
import type { Logger } from '../../log/logger.ts';
import { AddressGuard } from '../../net/address-guard.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import type { ComponentKind } from '../component-kind.ts';
import { CallLog } from './call-log.ts';
import type { Gateway } from './gateway-call.ts';
import { TelephonyWorkers } from './media/telephony-workers.ts';
import { sipGateway } from './sip-gateway.ts';
import { sipKind } from './sip-kind.ts';
import { SipTelephony } from './sip-telephony.ts';
import { systemDns } from './transport/dns-records.ts';
import { SipSockets } from './transport/sip-sockets.ts';
import { StrangerLimit } from './transport/stranger-limit.ts';
import { UriResolver } from './transport/uri-resolver.ts';
import { UserAgent } from './user-agent.ts';

export interface OpenSipOptions {
  readonly config: Config;
  readonly events: RoomEvents;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** SIP of a server. */
export interface Sip {
  readonly kind: ComponentKind;
  readonly gateway: Gateway;
  readonly calls: CallLog;
  readonly workers: TelephonyWorkers;
  /** UDP and TCP. */
  readonly port: number;
  /** Messages that were dropped: of strangers beyond the limit, or no messages at all. */
  readonly dropped: { readonly strangers: number; readonly malformed: number };
  /** To be called when all components have left. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the SIP port.
 * @returns undefined when SIP components are not allowed, or nothing says which address they have
 * @throws StartError when the port cannot be opened
 */
export async function openSip({ config, events, clock, logger }: OpenSipOptions): Promise<Sip | undefined> {
  const { sip, telephony, maxProcessMemory: maxMemory } = config;
  if (!sip) return undefined;
  const { listenIp, port, rtpPorts: ports, verifyTls, codecs, ringTimeoutMs: ringTimeout } = telephony;
  const guard = new AddressGuard(telephony);
  const opening = SipSockets.open({ listenIp, port, advertisedIp: sip.ip, guard, clock, verifyTls });
  const sockets = await listening(opening, `${listenIp} port ${port}`, 'SHOAL_SIP_LISTEN_IP or SHOAL_SIP_PORT');
  const limit = new StrangerLimit(clock);
  // registrars ask often, for each of their accounts, and must not find us gone because strangers send much
  const knownLimit = new StrangerLimit(clock, { rate: 200, burst: 500 });
  const answersStranger = (known: boolean) => (known ? knownLimit : limit).admits();
  const userAgent = new UserAgent({ transport: sockets, clock, answersStranger });
  const resolver = new UriResolver({ dns: systemDns(), guard, seed: randomBytes(8).toString('hex') });
  const workers = new TelephonyWorkers({ listenAddress: listenIp, ports, maxMemory, logger, clock });
  const permits = (address: string) => guard.permits(address);
  const calls = new CallLog(events, clock);
  const shared = {
    telephony: new SipTelephony({
      surroundings: { userAgent, transport: sockets, resolver, clock, permits },
      settings: { clock, randomBytes, mediaAddress: sip.ip, codecs, ringTimeout },
      workers,
    }),
    ...{ calls, logger, clock },
  };
  logger.info({ ip: listenIp, port: sockets.port }, 'The SIP port is open.');
  return {
    ...{ kind: sipKind(shared), gateway: sipGateway(shared), calls, workers, port: sockets.port },
    get dropped() {
      return { strangers: limit.dropped + knownLimit.dropped, malformed: sockets.malformed };
    },
    async close() {
      userAgent.close();
      await Promise.all([workers.close(), sockets.close()]);
    },
  };
}
