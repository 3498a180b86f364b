import type { types } from 'mediasoup';
import {
  GenericNack,
  IceCandidate,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceParameters,
  RTCIceTransport,
  RtcpTransportLayerFeedback,
} from 'werift';

/** Numbers of RFC 5764 section 4.1.2 and RFC 7714 section 14.2. */
export const srtpProfiles = { AES_CM_128_HMAC_SHA1_80: 1, AEAD_AES_128_GCM: 7 } as const;
const LOOPBACK = '127.0.0.1';

/** A WebRTC client without SDP: ICE, DTLS and SRTP towards one mediasoup WebRtcTransport, and every RTP packet as bytes. */
export class DtlsPeer {
  readonly #ice: RTCIceTransport;
  readonly #dtls: RTCDtlsTransport;
  readonly #received: Buffer[] = [];
  #arrived = Promise.withResolvers<void>();

  private constructor(ice: RTCIceTransport, dtls: RTCDtlsTransport) {
    this.#ice = ice;
    this.#dtls = dtls;
  }

  /**
   * @param role the peer's part in the handshake; the worker takes the other one
   * @param profiles what the peer takes for SRTP, the preferred one first
   */
  static async connect(
    transport: types.WebRtcTransport,
    role: 'client' | 'server' = 'client',
    profiles: readonly (keyof typeof srtpProfiles)[] = ['AES_CM_128_HMAC_SHA1_80'],
  ): Promise<DtlsPeer> {
    const ice = new RTCIceTransport(
      new RTCIceGatherer({ useIpv4: false, useIpv6: false, additionalHostAddresses: [LOOPBACK] }),
    );
    const certificate = await RTCDtlsTransport.SetupCertificate();
    const numbers = profiles.map((profile) => srtpProfiles[profile]);
    const dtls = new RTCDtlsTransport({}, ice, certificate, numbers);
    const peer = new DtlsPeer(ice, dtls);

    // The worker may die in the handshake; the peer would wait for its answer for long.
    await Promise.all([transportConnected(transport), peer.#handshake(transport, role)]);
    peer.#listen();
    return peer;
  }

  async #handshake(transport: types.WebRtcTransport, role: 'client' | 'server'): Promise<void> {
    const ice = this.#ice;
    const dtls = this.#dtls;
    ice.connection.iceControlling = true;
    await ice.gather();
    ice.setRemoteParams(new RTCIceParameters({ ...transport.iceParameters, iceLite: true }));
    for (const { foundation, address, port, priority } of transport.iceCandidates) {
      await ice.addRemoteCandidate(new IceCandidate(1, foundation, address, port, priority, 'udp', 'host'));
    }
    await ice.addRemoteCandidate(undefined);

    dtls.role = role;
    const fingerprints = transport.dtlsParameters.fingerprints.map(
      ({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value),
    );
    dtls.setRemoteParams(new RTCDtlsParameters(fingerprints, role === 'client' ? 'server' : 'client'));
    await transport.connect({
      dtlsParameters: { role, fingerprints: dtls.localParameters.fingerprints as types.DtlsFingerprint[] },
    });
    await ice.start();
    await dtls.start();
  }

  /** The next received RTP packet, decrypted, that satisfies the condition; packets are given out once. */
  async receive(condition: (packet: Buffer) => boolean): Promise<Buffer> {
    for (;;) {
      const index = this.#received.findIndex(condition);
      if (index >= 0) return this.#received.splice(index, 1)[0] as Buffer;
      await this.#arrived.promise;
    }
  }

  async nack(mediaSourceSsrc: number, sequenceNumber: number): Promise<void> {
    const feedback = new GenericNack({ senderSsrc: 1, mediaSourceSsrc, lost: [sequenceNumber] });
    await this.#dtls.sendRtcp([new RtcpTransportLayerFeedback({ feedback })]);
  }

  async close(): Promise<void> {
    await this.#dtls.stop();
    await this.#ice.stop();
  }

  /** werift hands out parsed packets only, so the bytes are taken where it decrypts them. */
  #listen(): void {
    const { srtp } = this.#dtls;
    const decrypt = srtp.decrypt;
    srtp.decrypt = (encrypted) => {
      const packet = decrypt(encrypted);
      this.#received.push(Buffer.from(packet));
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers<void>();
      return packet;
    };
  }
}

function transportConnected(transport: types.WebRtcTransport): Promise<void> {
  return new Promise((resolve, reject) => {
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') resolve();
      if (state === 'failed' || state === 'closed') reject(new Error(`DTLS ${state}`));
    });
    // The worker died: what the test then reports should not be a timeout.
    transport.observer.once('close', () => reject(new Error('The transport was closed')));
  });
}
