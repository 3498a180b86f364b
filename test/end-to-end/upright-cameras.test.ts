// No browser is told that it may leave its frames lying on their side: docs/contracts/media-events.md 5.
import t from 'tap';
import { Meeting } from './meeting.ts';

const meeting = await Meeting.start(t);

/** Keeps the descriptions of all connections. */
const keepDescriptions = `
  globalThis.descriptions = [];
  for (const name of ['setLocalDescription', 'setRemoteDescription']) {
    const set = RTCPeerConnection.prototype[name];
    RTCPeerConnection.prototype[name] = async function (description) {
      await set.call(this, description);
      const { type, sdp } = description ?? this.localDescription;
      globalThis.descriptions.push({ type, sdp });
    };
  }`;

t.test('video-orientation is offered by every SDK, and not answered', async (t) => {
  const roomId = await meeting.server.createRoom();
  const senders = [];
  for (const sdk of ['fishjam', 'jellyfish', 'cloud'] as const) {
    const sender = await meeting.enter(roomId, sdk, { script: keepDescriptions });
    senders.push(sender);
    const all = (await sender.client.tab.evaluate('globalThis.descriptions')) as { type: string; sdp: string }[];
    const withVideo = all.filter(({ sdp }) => sdp.includes('m=video'));
    const texts = (type: string) => withVideo.filter((description) => description.type === type).map(({ sdp }) => sdp);
    t.ok(
      texts('offer').some((sdp) => sdp.includes('urn:3gpp:video-orientation')),
      sdk,
    );
    t.ok(texts('answer').length > 0, sdk);
    t.notOk(
      texts('answer').some((sdp) => sdp.includes('video-orientation')),
      sdk,
    );
  }
  await meeting.end(roomId, senders);
});
