import t from 'tap';
import { CuttableProxy } from './cuttable-proxy.ts';
import { Meeting, movesOn, perceives } from './meeting.ts';
import type { ReceivedTrack } from './page-calls.ts';

const meeting = await Meeting.start(t);
const { server, backend } = meeting;

const has = (trackId: string) => (tracks: readonly ReceivedTrack[]) =>
  tracks.some((track) => track.trackId === trackId);

/** A room's notifications about tracks, shortened. */
function trackNotifications(roomId: string): (string | undefined)[][] {
  return backend
    .of(roomId)
    .filter(({ name }) => name.startsWith('Track'))
    .map(({ name, peerId, trackId, metadata }) => [name, peerId, trackId, metadata]);
}

for (const sdk of ['fishjam', 'jellyfish', 'cloud'] as const) {
  t.test(`tracks are added and removed with the ${sdk} SDK`, async (test) => {
    const roomId = await server.createRoom();
    const sender = await meeting.enter(roomId, sdk);
    const receiver = await meeting.enter(roomId, sdk);
    await perceives(receiver, [sender]);

    await sender.client.unpublish(sender.video);
    await receiver.client.receives('sound alone', (tracks) => tracks.length === 1 && has(sender.audio)(tracks));
    const again = await sender.client.publish('video', { metadata: { type: 'again' } });
    const tracks = await perceives(receiver, [{ ...sender, video: again }]);
    test.strictSame(tracks.find(({ trackId }) => trackId === again)?.metadata, { type: 'again' });

    test.strictSame(trackNotifications(roomId), [
      ['TrackAdded', sender.peerId, sender.audio, '{"type":"audio"}'],
      ['TrackAdded', sender.peerId, sender.video, '{"type":"video"}'],
      ['TrackAdded', receiver.peerId, receiver.audio, '{"type":"audio"}'],
      ['TrackAdded', receiver.peerId, receiver.video, '{"type":"video"}'],
      ['TrackRemoved', sender.peerId, sender.video, '{"type":"video"}'],
      ['TrackAdded', sender.peerId, again, '{"type":"again"}'],
    ]);
    test.strictSame([sender.client.errors, receiver.client.errors], [[], []]);
    await meeting.end(roomId, [sender, receiver]);
  });

  t.test(`the video of a track is replaced with the ${sdk} SDK`, async (test) => {
    const roomId = await server.createRoom();
    const sender = await meeting.enter(roomId, sdk);
    const receiver = await meeting.join(roomId, sdk);
    await movesOn(receiver, sender.video);
    await sender.client.replace(sender.video, 'canvas');
    await movesOn(receiver, sender.video);
    if (sdk === 'cloud') {
      // The older SDKs throw when they are given no track.
      await sender.client.replace(sender.video, 'nothing');
      await receiver.client.stands(sender.video);
      await sender.client.replace(sender.video, 'camera');
      await movesOn(receiver, sender.video);
    }
    test.equal(trackNotifications(roomId).length, 2, 'the track was the same all the time');
    await meeting.end(roomId, [sender, receiver]);
  });

  t.test(`metadata reach the others with the ${sdk} SDK`, async (test) => {
    const roomId = await server.createRoom();
    const sender = await meeting.enter(roomId, sdk);
    const receiver = await meeting.join(roomId, sdk);
    await receiver.client.receives('the track', has(sender.video));
    await sender.client.updatePeerMetadata({ name: 'Renamed' });
    await sender.client.updateTrackMetadata(sender.video, { active: false });
    await receiver.client.receives('new metadata of the track', (tracks) =>
      tracks.some(({ metadata }) => (metadata as { active?: boolean }).active === false),
    );
    const [other] = (await receiver.client.remotePeers()).filter(({ id }) => id === sender.peerId);
    const seen = other?.metadata as Record<string, unknown>;
    test.strictSame(sdk === 'cloud' ? seen['peer'] : seen, { name: 'Renamed' });

    const updates = (await backend.saw(roomId, 'TrackMetadataUpdated')).filter(({ name }) => /Updated/.test(name));
    test.strictSame(
      updates.map(({ name, metadata }) => [name, metadata]),
      [
        ['PeerMetadataUpdated', JSON.stringify({ name: sdk })],
        ['PeerMetadataUpdated', JSON.stringify({ name: sdk })],
        ['PeerMetadataUpdated', '{"name":"Renamed"}'],
        ['TrackMetadataUpdated', '{"active":false}'],
      ],
    );
    await meeting.end(roomId, [sender, receiver]);
  });

  t.test(`a peer with the ${sdk} SDK can leave and return`, async (test) => {
    const roomId = await server.createRoom();
    const stays = await meeting.enter(roomId, sdk);
    const leaves = await meeting.enter(roomId, sdk);
    await perceives(stays, [leaves]);
    await leaves.client.leave();
    await stays.client.receives('nobody', (tracks) => tracks.length === 0);
    await backend.saw(roomId, 'TrackRemoved', 2);
    test.strictSame(
      backend
        .of(roomId)
        .slice(-3)
        .map(({ name, trackId }) => [name, trackId]),
      [
        ['PeerDisconnected', undefined],
        ['TrackRemoved', leaves.audio],
        ['TrackRemoved', leaves.video],
      ],
    );
    await leaves.client.tab.close();

    const client = await meeting.browser.open();
    await client.join(sdk, server.host, leaves.token);
    const back = { ...leaves, client, audio: await client.publish('audio'), video: await client.publish('video') };
    await perceives(stays, [back]);
    await perceives(back, [stays]);
    test.strictSame(stays.client.errors, []);
    await meeting.end(roomId, [stays, back]);
  });
}

for (const sdk of ['fishjam', 'jellyfish'] as const) {
  t.test(`the ${sdk} SDK reconnects when its connection is cut`, async (test) => {
    const proxy = await CuttableProxy.start(test, server.server.port);
    const roomId = await server.createRoom();
    const stays = await meeting.enter(roomId, 'cloud');
    const cut = await meeting.enter(roomId, sdk, { host: proxy.host });
    await perceives(stays, [cut]);
    proxy.cut();
    await backend.saw(roomId, 'TrackAdded', 6);
    const [audio, video] = backend
      .of(roomId)
      .filter(({ name }) => name === 'TrackAdded')
      .slice(-2);
    const back = { ...cut, audio: audio?.trackId ?? '', video: video?.trackId ?? '' };
    await perceives(stays, [back]);
    await perceives(back, [stays]);
    test.not(back.video, cut.video);
    const names = backend
      .of(roomId)
      .filter(({ peerId }) => peerId === cut.peerId)
      .map(({ name }) => name);
    const connected = ['PeerConnected', 'PeerMetadataUpdated', 'TrackAdded', 'TrackAdded'];
    const gone = ['PeerDisconnected', 'TrackRemoved', 'TrackRemoved'];
    test.strictSame(names, ['PeerAdded', ...connected, ...gone, ...connected]);
    await meeting.end(roomId, [stays, cut]);
  });
}

t.test('a late peer gets all tracks and voice activity', async (test) => {
  const roomId = await server.createRoom();
  const early = [await meeting.enter(roomId, 'fishjam'), await meeting.enter(roomId, 'cloud')] as const;
  await perceives(early[0], [early[1]]);
  const late = await meeting.join(roomId, 'fishjam');
  const tracks = await perceives(late, early);
  test.equal(tracks.length, 4);
  await late.client.sees('voices that come and go', (events) => {
    const said = events.filter(({ name }) => name === 'voiceActivityChanged');
    const statuses = said.map(({ detail }) => (detail as { vadStatus: string }).vadStatus);
    return statuses.includes('speech') && statuses.includes('silence');
  });
  await meeting.end(roomId, [...early, late]);
});
