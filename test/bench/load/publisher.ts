import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import type { Cleanup } from './cleanup.ts';
import { VideoSource } from './video-source.ts';

export const publishedPayloadType = 96;

/** A WebRTC client that publishes {@link VideoSource VP8} and receives nothing. */
export class Publisher {
  readonly ssrc: number;
  /** Paused at first. */
  readonly source: VideoSource;

  private constructor(ssrc: number, source: VideoSource) {
    this.ssrc = ssrc;
    this.source = source;
  }

  /**
   * @param rate packets per second
   * @param exchange takes the offer to the server and brings its answer
   */
  static async connect(
    cleanup: Cleanup,
    rate: number,
    exchange: (offer: string) => Promise<string>,
  ): Promise<Publisher> {
    const vp8 = new RTCRtpCodecParameters({
      mimeType: 'video/VP8',
      clockRate: 90_000,
      payloadType: publishedPayloadType,
    });
    const client = new RTCPeerConnection({
      codecs: { video: [vp8], audio: [] },
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    cleanup.teardown(() => client.close());
    const track = new MediaStreamTrack({ kind: 'video' });
    const { sender } = client.addTransceiver(track, { direction: 'sendonly' });
    const connected = client.connectionStateChange.watch((state) => state === 'connected');
    await client.setLocalDescription(await client.createOffer());
    await client.setRemoteDescription({ type: 'answer', sdp: await exchange(client.localDescription?.sdp ?? '') });
    await connected;
    const { ssrc } = sender;
    const send = (packet: Buffer) => track.writeRtp(packet);
    const source = new VideoSource({ rate, payloadType: publishedPayloadType, ssrc, send });
    cleanup.teardown(() => source.pause());
    return new Publisher(ssrc, source);
  }
}
