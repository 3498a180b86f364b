// Runs as a child process of a measurement: answers offers as a WebRTC client that only receives.

import { RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import type { TurnEntry } from '../../../src/turn/turn-credentials.ts';

export interface OfferMessage {
  readonly id: number;
  /** SDP. */
  readonly offer: string;
  /** Where to connect through; without: directly. */
  readonly relay?: TurnEntry | undefined;
}

export interface AnswerMessage {
  readonly id: number;
  /** SDP; with ICE candidates. */
  readonly answer: string;
}

export interface ConnectedMessage {
  readonly id: number;
  readonly connected: true;
}

const vp8 = new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: 90_000 });

process.on('message', (message: OfferMessage) => void answer(message));

async function answer({ id, offer, relay }: OfferMessage): Promise<void> {
  const client = new RTCPeerConnection({
    codecs: { video: [vp8], audio: [] },
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    ...(relay && { iceTransportPolicy: 'relay', iceServers: [iceServer(relay)] }),
  });
  client.connectionStateChange.subscribe((state) => {
    if (state === 'connected') process.send?.({ id, connected: true } satisfies ConnectedMessage);
  });
  await client.setRemoteDescription({ type: 'offer', sdp: offer });
  await client.setLocalDescription(await client.createAnswer());
  process.send?.({ id, answer: client.localDescription?.sdp ?? '' } satisfies AnswerMessage);
}

function iceServer({ serverAddr, serverPort, transport, username, password }: TurnEntry) {
  return { urls: `turn:${serverAddr}:${serverPort}?transport=${transport}`, username, credential: password };
}
