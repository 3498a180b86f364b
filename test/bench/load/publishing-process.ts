// Runs as a child process of a measurement: peers who publish scripted media over WebRTC, so that sending costs nobody else anything.

import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import { PeerClient } from '../../peer-client.ts';
import type { Script } from '../../rtp-sender.ts';
import { opusScript, type VideoScriptOptions, videoScript } from '../../scripts.ts';
import { Cleanup } from './cleanup.ts';
import { ScriptPlayer } from './script-player.ts';

/** Makes the scripts, once, before anybody publishes. */
export interface PrepareMessage {
  readonly id: number;
  readonly video: VideoScriptOptions;
  /** Source of the sound for ffmpeg's lavfi. */
  readonly audio: string;
}

/** A peer joins and sends sound and picture. */
export interface PublishMessage {
  readonly id: number;
  /** `host:port` of the server. */
  readonly host: string;
  readonly token: string;
}

/** What was asked for is done. */
export interface DoneMessage {
  readonly id: number;
  readonly error?: string;
}

/** Milliseconds between two looks at what is due. */
const pace = 5;

const codecs = {
  audio: [
    new RTCRtpCodecParameters({ ...{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111 } }),
  ],
  video: [
    new RTCRtpCodecParameters({
      ...{ mimeType: 'video/H264', clockRate: 90_000, payloadType: 102 },
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    }),
  ],
};

const cleanup = new Cleanup();
const players: ScriptPlayer[] = [];
const timer = setInterval(() => {
  for (const player of players) player.advance(performance.now());
}, pace);
cleanup.teardown(() => clearInterval(timer));
let scripts: Record<'audio' | 'video', Script> | undefined;

process.on('message', (message: PrepareMessage | PublishMessage) => {
  const work = 'token' in message ? publish(message) : prepare(message);
  const { id } = message;
  work.then(
    () => process.send?.({ id } satisfies DoneMessage),
    (error: Error) => process.send?.({ id, error: String(error.stack) } satisfies DoneMessage),
  );
});
process.once('disconnect', () => void cleanup.close().finally(() => process.exit()));

async function prepare({ video, audio }: PrepareMessage): Promise<void> {
  scripts = { video: await videoScript(video), audio: await opusScript(audio, video.duration) };
}

async function publish({ host, token }: PublishMessage): Promise<void> {
  const socket = await PeerClient.join(cleanup, host, token, { name: 'bench' });
  const peerId = (await socket.saw('connected')).data.id as string;
  const connection = new RTCPeerConnection({
    codecs,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
  cleanup.teardown(() => connection.close());
  const tracks = (['audio', 'video'] as const).map((kind) => new MediaStreamTrack({ kind }));
  const transceivers = tracks.map((track) => connection.addTransceiver(track, { direction: 'sendonly' }));
  const connected = connection.connectionStateChange.watch((state) => state === 'connected');
  await connection.setLocalDescription(await connection.createOffer());
  const ids = transceivers.map(({ mid }, index) => [mid, `${peerId}:${tracks[index]?.kind}`]);
  const answer = await socket.negotiate(connection.localDescription?.sdp ?? '', Object.fromEntries(ids));
  await connection.setRemoteDescription({ type: 'answer', sdp: answer.data.sdp });
  await connected;
  if (!scripts) throw new Error('Nothing has been prepared.');
  const now = performance.now();
  for (const track of tracks) {
    players.push(new ScriptPlayer(scripts[track.kind as 'audio' | 'video'], now, (packet) => track.writeRtp(packet)));
  }
}
