// Runs as a child process of a measurement: answers offers as a WebRTC client that only receives, and opens ports for plain RTP.

import { createSocket } from 'node:dgram';
import { RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import type { TurnEntry } from '../../../src/turn/turn-credentials.ts';

export interface OfferMessage {
  readonly id: number;
  /** SDP. */
  readonly offer: string;
  /** Where to connect through; without: directly. */
  readonly relay?: TurnEntry | undefined;
}

/** Asks for a port on 127.0.0.1. */
export interface PortRequest {
  readonly id: number;
}

export interface PortMessage {
  readonly id: number;
  readonly port: number;
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

process.on('message', (message: OfferMessage | PortRequest) => {
  if ('offer' in message) void answer(message);
  else openPort(message.id);
});

function openPort(id: number): void {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => process.send?.({ id, port: socket.address().port } satisfies PortMessage));
}

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
