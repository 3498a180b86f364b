// docs/contracts/media-events.md 5: who starts the DTLS handshake, and what SRTP comes of it.
import t from 'tap';
import { Meeting, movesOn, perceives } from './meeting.ts';

const meeting = await Meeting.start(t);

/** Lets the first offer leave the server one role in the handshake. The browser itself takes both: it has to offer that. */
const offering = (setup: string) => `
  const { createOffer, setLocalDescription, setRemoteDescription } = RTCPeerConnection.prototype;
  const withSetup = ({ type, sdp }, setup) => ({ type, sdp: sdp.replace(/a=setup:\\w+/g, 'a=setup:' + setup) });
  globalThis.setups = [];
  Object.assign(RTCPeerConnection.prototype, {
    async createOffer(...options) {
      const offer = await createOffer.call(this, ...options);
      return this.remoteDescription ? offer : withSetup(offer, '${setup}');
    },
    setLocalDescription(offer) {
      return setLocalDescription.call(this, withSetup(offer, 'actpass'));
    },
    setRemoteDescription(answer) {
      globalThis.setups.push(/a=setup:(\\w+)/.exec(answer.sdp)[1]);
      return setRemoteDescription.call(this, answer);
    },
  });`;

/** Number of clients by the protection profile of their SRTP, according to the metrics. */
async function profiles(): Promise<Record<string, number>> {
  const metrics = await (await fetch(`http://127.0.0.1:${meeting.server.server.metricsPort}/metrics`)).text();
  const found = metrics.matchAll(/^shoal_webrtc_clients\{srtp_profile="(\w+)"\} ([1-9]\d*)$/gm);
  return Object.fromEntries([...found].map(([, profile, clients]) => [profile, Number(clients)]));
}

for (const [setup, answer] of [
  ['passive', 'active'],
  ['active', 'passive'],
] as const) {
  t.test(`clients that are ${setup} in the handshake hear and see each other`, async (test) => {
    const roomId = await meeting.server.createRoom();
    const script = offering(setup);
    const one = await meeting.enter(roomId, 'fishjam', { script });
    const other = await meeting.enter(roomId, 'cloud', { script });
    await perceives(one, [other]);
    await perceives(other, [one]);
    const third = await meeting.enter(roomId, 'jellyfish');
    await perceives(third, [one, other]);
    await movesOn(one, other.video);
    // Whoever is passive chooses: the server GCM, Chromium what it has always had. The third one is as the SDKs are.
    const chosen = setup === 'active' ? { AEAD_AES_128_GCM: 3 } : { AEAD_AES_128_GCM: 1, AES_CM_128_HMAC_SHA1_80: 2 };
    test.strictSame(await profiles(), chosen);
    for (const { client } of [one, other]) {
      const setups = (await client.tab.evaluate('globalThis.setups')) as string[];
      test.ok(setups.length > 1);
      test.strictSame(new Set(setups), new Set([answer]), 'every answer has the role of the first one');
      test.strictSame(client.errors, []);
    }
    await meeting.end(roomId, [one, other, third]);
  });
}
