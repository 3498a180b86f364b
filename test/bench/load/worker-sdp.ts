import type { types } from 'mediasoup';
import { parse } from 'sdp-transform';
import { publishedPayloadType } from './publisher.ts';

/** What a client has to know to connect to a transport of the worker, as an offer to send to it or an answer to receive from it. */
export function describe(
  { iceParameters, iceCandidates, dtlsParameters }: types.WebRtcTransport,
  role: 'offer to send' | 'answer to receive',
): string {
  const { algorithm, value } = dtlsParameters.fingerprints.find((one) => one.algorithm === 'sha-256') ?? {};
  const candidates = iceCandidates.map(
    ({ foundation, protocol, priority, address, port }) =>
      `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ host`,
  );
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=group:BUNDLE 0',
    `m=video 9 UDP/TLS/RTP/SAVPF ${publishedPayloadType}`,
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    ...(role === 'offer to send' ? ['a=sendonly', 'a=setup:actpass'] : ['a=recvonly', 'a=setup:passive']),
    'a=rtcp-mux',
    `a=rtpmap:${publishedPayloadType} VP8/90000`,
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    `a=fingerprint:${algorithm} ${value}`,
    ...candidates,
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}

/** Connects a transport to the client of this description. */
export async function connectTransport(transport: types.WebRtcTransport, description: string): Promise<void> {
  const { media, fingerprint } = parse(description);
  const found = media[0]?.fingerprint ?? fingerprint;
  if (!found) throw new Error('The description has no fingerprint.');
  const fingerprints = [{ algorithm: found.type as types.FingerprintAlgorithm, value: found.hash }];
  await transport.connect({ dtlsParameters: { role: 'client', fingerprints } });
}
