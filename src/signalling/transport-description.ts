import type { PeerTransport } from '../sfu/peer-transport.ts';
import type { Candidate, TransportDescription } from './sdp/answer.ts';

/** Priority decrement per further address of the same socket: one step of the local preference, RFC 8445 section 5.1.2.1. */
const addressStep = 2 ** 8;

/** Describes a transport to its client. @param addresses by which each of its sockets can be reached, best first */
export function describeTransport(transport: PeerTransport, addresses: readonly string[]): TransportDescription {
  const { usernameFragment, password } = transport.iceParameters;
  const fingerprint = transport.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')?.value ?? '';
  const candidates = addresses.flatMap((address, index) =>
    transport.iceCandidates.map(
      ({ foundation, priority, port, protocol }): Candidate => ({
        foundation: `${foundation}${index || ''}`,
        priority: priority - index * addressStep,
        address,
        port,
        protocol,
      }),
    ),
  );
  const setup = transport.dtlsRole === 'client' ? 'active' : 'passive';
  return { usernameFragment, password, fingerprint, setup, candidates };
}
