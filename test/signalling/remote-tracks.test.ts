import t from 'tap';
import { Peer } from '../../src/room/peer.ts';
import { Track, type TrackType } from '../../src/room/track.ts';
import { RemoteTracks } from '../../src/signalling/remote-tracks.ts';
import type { OfferSection } from '../../src/signalling/sdp/offer.ts';

const track = (id: string, type: TrackType = 'video') => new Track({ id, type });
const section = (mid: string, kind: TrackType = 'video') => ({ mid, kind }) as OfferSection;

function assignedIds(remotes: RemoteTracks, sections: OfferSection[]): Record<string, string> {
  const assigned = remotes.assign(sections);
  remotes.answered(assigned.values());
  return Object.fromEntries([...assigned].map(([mid, remote]) => [mid, remote.track.id]));
}

t.test('waiting tracks get free m-lines of their kind in the order of the offer', async (t) => {
  const remotes = new RemoteTracks();
  const peer = new Peer('p', { enableSimulcast: true });
  remotes.announce(peer, [track('a', 'audio'), track('v1'), track('v2')]);
  t.same(remotes.slots(), { audio: 1, video: 2 });
  const sections = [section('5'), section('6', 'audio'), section('7')];
  t.same(assignedIds(remotes, sections), { 5: 'v1', 6: 'a', 7: 'v2' });
  t.same(assignedIds(remotes, sections), { 5: 'v1', 6: 'a', 7: 'v2' }, 'and keep them');
});

t.test('the number of m-lines never decreases, and a free one is used again', async (t) => {
  const remotes = new RemoteTracks();
  const peer = new Peer('p', { enableSimulcast: true });
  remotes.announce(peer, [track('v1'), track('v2')]);
  remotes.slots();
  const sections = [section('0'), section('1')];
  assignedIds(remotes, sections);
  t.same(remotes.withdraw(['v1']), ['v1']);
  t.same(remotes.slots(), { audio: 0, video: 2 });
  t.same(assignedIds(remotes, sections), { 1: 'v2' });
  remotes.announce(peer, [track('v3')]);
  t.same(remotes.slots(), { audio: 0, video: 2 });
  t.same(assignedIds(remotes, sections), { 0: 'v3', 1: 'v2' });
});

t.test('the removal of a track that no answer has named is told after the answer that names it', async (t) => {
  const remotes = new RemoteTracks();
  const peer = new Peer('p', { enableSimulcast: true });
  remotes.announce(peer, [track('v1')]);
  t.same(remotes.withdraw(['v1']), []);
  t.same(remotes.slots(), { audio: 0, video: 1 });
  const assigned = remotes.assign([section('0')]);
  t.equal(assigned.get('0')?.track.id, 'v1');
  const told = remotes.answered(assigned.values());
  t.same(
    told.map((remote) => remote.track.id),
    ['v1'],
  );
  t.equal(remotes.get('v1'), undefined);
  t.same(assignedIds(remotes, [section('0')]), {});
});

t.test('nothing is told about tracks of a removed endpoint', async (t) => {
  const remotes = new RemoteTracks();
  const peer = new Peer('p', { enableSimulcast: true });
  remotes.announce(peer, [track('v1')]);
  const assigned = remotes.assign([section('0')]);
  remotes.withdraw(['v1']);
  remotes.forgetEndpoint(peer);
  t.same(remotes.answered(assigned.values()), [], 'nor when the offer is being answered');
  t.same([...remotes.assign([section('0')]).keys()], []);
});

t.test('unknown ids are ignored', async (t) => {
  t.same(new RemoteTracks().withdraw(['x']), []);
});
