import t from 'tap';
import { programTrack } from '../../src/program/program-track.ts';
import { Peer } from '../../src/room/peer.ts';
import { type Metadata, Track } from '../../src/room/track.ts';

function placed(peerMetadata: Metadata, trackMetadata: Metadata = null, type: 'audio' | 'video' = 'video') {
  const peer = new Peer('peer', { enableSimulcast: false });
  peer.metadata = peerMetadata;
  return programTrack(peer, new Track({ id: 'track', type, metadata: trackMetadata }));
}

t.test('a track has its endpoint and type', async (t) => {
  t.same(placed(null), {
    trackId: 'track',
    endpointId: 'peer',
    kind: 'video',
    name: '',
    screenshare: false,
    steady: false,
  });
});

t.test('names are read from metadata', async (t) => {
  const rows: [Metadata, string][] = [
    [{ displayName: 'Ann', name: 'ann1' }, 'Ann'],
    [{ name: 'ann1' }, 'ann1'],
    [{ displayName: '', name: 'ann1' }, 'ann1'],
    [{ peer: { name: 'Bob' }, server: {} }, 'Bob'],
    [{ displayName: 5 }, ''],
    [['Ann'], ''],
    ['Ann', ''],
    [{}, ''],
  ];
  for (const [metadata, name] of rows) t.equal(placed(metadata).name, name, JSON.stringify(metadata));
});

t.test('screen shares are recognised', async (t) => {
  const rows: [Metadata, boolean][] = [
    [{ type: 'screenshare' }, true],
    [{ type: 'screensharing' }, true],
    [{ type: 'camera' }, false],
    [{ type: ['screenshare'] }, false],
    [null, false],
  ];
  for (const [metadata, expected] of rows)
    t.equal(placed(null, metadata).screenshare, expected, JSON.stringify(metadata));
  t.equal(placed(null, { type: 'screenshare' }, 'audio').screenshare, false, 'its audio is no screen');
});
