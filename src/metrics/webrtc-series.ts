import { Gauge, type Registry } from 'prom-client';
import type { PeerTransport } from '../sfu/peer-transport.ts';

/** The profiles that the media worker takes, the preferred one first. */
const profiles = ['AEAD_AES_128_GCM', 'AEAD_AES_256_GCM', 'AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** The state of WebRTC clients, which Fishjam does not have. Read at the time of the scrape. @param transports those that are open */
export function createWebrtcSeries(registry: Registry, transports: () => Iterable<PeerTransport>): void {
  new Gauge({
    name: 'shoal_webrtc_clients',
    help: 'WebRTC clients that are connected, by the protection profile of their SRTP',
    labelNames: ['srtp_profile'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const profile of profiles) this.set({ srtp_profile: profile }, 0);
      for (const { srtpProfile } of transports()) {
        if (srtpProfile !== undefined) this.inc({ srtp_profile: srtpProfile });
      }
    },
  });
}
