// docs/contracts/media-events.md 5: who starts the DTLS handshake.
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
    for (const { client } of [one, other]) {
      const setups = (await client.tab.evaluate('globalThis.setups')) as string[];
      test.ok(setups.length > 1);
      test.strictSame(new Set(setups), new Set([answer]), 'every answer has the role of the first one');
      test.strictSame(client.errors, []);
    }
    await meeting.end(roomId, [one, other, third]);
  });
}
