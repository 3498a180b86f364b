import type { TurnConfig } from '../config/turn.ts';
import type { WebRtcConfig } from '../config/webrtc.ts';
import type { Logger } from '../log/logger.ts';
import { ExternalTurn } from './external-turn.ts';
import type { TurnCredentials } from './turn-credentials.ts';
import { TurnServer } from './turn-server.ts';

/** Clients that can connect only through a relay will not connect. */
const noTurn: TurnCredentials = {
  entriesFor: () => [],
  left: () => undefined,
  restarted: () => undefined,
  close: async () => {},
};

/** Opens the TURN server of the configuration: embedded, external or none. @throws {TurnError} when the embedded one cannot run */
export async function openTurn(turn: TurnConfig, webrtc: WebRtcConfig, logger: Logger): Promise<TurnCredentials> {
  if (turn.mode === 'external') return new ExternalTurn(turn.servers, turn.auth);
  const ports = webrtc.ports.turn;
  if (turn.mode === 'off' || !webrtc.used || !ports) return noTurn;
  return TurnServer.start({
    listenIp: webrtc.listenIp,
    announcedIp: webrtc.announcedIp,
    privateIp: webrtc.privateIp,
    udpPort: ports.listen,
    relayPorts: ports.relay,
    tcpPort: webrtc.tcpPort,
    tls: turn.tls,
    allocationsPerPeer: webrtc.turnAllocations,
    logger,
  });
}
