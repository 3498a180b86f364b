import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { Peer } from '../../src/room/peer.ts';
import { Track, withoutSimulcast } from '../../src/room/track.ts';
import { PeerSession } from '../../src/signalling/peer-session.ts';
import type { ServerEvent } from '../../src/signalling/server-event.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';
import { offerText } from './sdp/offers.ts';

const turn = { entriesFor: () => [], left: () => undefined, restarted: () => undefined, close: async () => undefined };
type Offered = Parameters<typeof offerText>[0][number];
const sending: Offered = { mid: '0', kind: 'audio', lines: ['a=ssrc:1 cname:x'] };
const receiving: Offered = { mid: '1', kind: 'audio', direction: 'recvonly' };
/** Longer than everything that a negotiation waits for. */
const longTime = 60_000;

const media = await RoomOnWorker.open();
const { room } = media;
t.teardown(() => media.close());

function connect(): Peer {
  const peer = room.addPeer({ enableSimulcast: true });
  room.connectPeer(peer.id, { close: () => undefined });
  return peer;
}

const sender = connect();
room.joinPeer(sender, null);
room.addTracks(sender, [new Track({ id: 'theirs', type: 'audio', metadata: null, simulcast: withoutSimulcast })]);

/** Somebody who has just joined the room with that track, in a world where no time passes by itself. */
function join(t: Test) {
  const clock = new HeldClock();
  const events: ServerEvent[] = [];
  const peer = connect();
  const { promise: answer, resolve: answered } = Promise.withResolvers<void>();
  const send = (event: ServerEvent) => {
    events.push(event);
    if (event.type === 'sdpAnswer') answered();
  };
  const session = new PeerSession({ room, peer, send, turn, clock, logger: pino({ enabled: false }) });
  t.teardown(() => session.close());
  session.receive({ type: 'connect', metadata: null });
  const rounds = () => events.filter(({ type }) => type === 'offerData').length;
  const offer = async (sections: Offered[], trackMetadata = {}) => {
    const midToTrackId = { 0: `${peer.id}:mine` };
    session.receive({ type: 'sdpOffer', sdp: offerText(sections), midToTrackId, trackMetadata });
    await answer;
    clock.advance(longTime);
  };
  return { session, events, rounds, offer, types: () => events.map(({ type }) => type) };
}

t.test('a peer that joins a room with tracks is asked for its offer without any delay', async (t) => {
  t.same(join(t).types(), ['connected', 'tracksAdded', 'offerData']);
});

t.test('what a peer adds while it is asked needs no second round when its offer has it', async (t) => {
  const { session, rounds, offer } = join(t);
  session.receive({ type: 'renegotiateTracks' });
  await offer([sending, receiving]);
  t.equal(rounds(), 1);
  session.receive({ type: 'renegotiateTracks' });
  t.equal(rounds(), 2, 'what it adds later does');
});

t.test('what a peer adds after it has made its offer is asked for in a second round', async (t) => {
  const { session, rounds, offer } = join(t);
  session.receive({ type: 'renegotiateTracks' });
  await offer([receiving]);
  t.equal(rounds(), 2);
});

t.test('a track that an offer does not show is not taken for one that nobody has announced', async (t) => {
  const { session, rounds, offer } = join(t);
  session.receive({ type: 'renegotiateTracks' });
  await offer([sending, receiving], { later: null });
  t.equal(rounds(), 2, 'added');
  const removing = join(t);
  removing.session.receive({ type: 'renegotiateTracks' });
  await removing.offer([sending, receiving, { ...sending, mid: '2', lines: ['a=ssrc:2 cname:x'] }]);
  t.equal(removing.rounds(), 2, 'removed');
});
