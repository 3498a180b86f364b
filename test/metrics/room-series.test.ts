import { Registry } from 'prom-client';
import t from 'tap';
import { RoomSeries } from '../../src/metrics/room-series.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { HeldClock } from '../clock/held-clock.ts';

const hour = 60 * 60 * 1000;

function start() {
  const clock = new HeldClock();
  const events = new RoomEvents();
  const crashes = new Map<string, () => void>();
  const rooms = new RoomRegistry({
    events,
    clock,
    openMedia: async ({ roomId }, onCrash) => {
      crashes.set(roomId, onCrash);
      return { close: () => undefined };
    },
  });
  const registry = new Registry();
  const series = new RoomSeries({ rooms, events, registry, clock });
  const open = async (roomId: string) => {
    const unset = { maxPeers: null, videoCodec: null, webhookUrl: null };
    return await rooms.create({ roomId, ...unset, peerlessPurgeTimeout: null, peerDisconnectedTimeout: null });
  };
  /** The lines of the series, without the prefix that all have. */
  const scrape = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('fishjam_room'));
    return lines.map((line) => line.replace('fishjam_', '')).sort();
  };
  const connect = (room: Awaited<ReturnType<typeof open>>) => {
    const peer = room.addPeer({ enableSimulcast: false });
    return room.connectPeer(peer.id, { close: () => undefined });
  };
  return { clock, rooms, crashes, series, open, scrape, connect };
}

t.test('rooms, peers and durations are updated every 10 s', async (t) => {
  const { clock, rooms, series, open, scrape } = start();
  t.teardown(() => series.close());
  const lobby = await open('lobby');
  lobby.addPeer({ enableSimulcast: false });
  lobby.addPeer({ enableSimulcast: false });
  clock.advance(9999);
  t.strictSame(await scrape(), ['rooms 0']);
  clock.advance(1);
  const afterOne = [
    'room_duration_seconds{room_id="lobby"} 10',
    'room_peer_time_total_seconds{room_id="lobby"} 20',
    'room_peers{room_id="lobby"} 2',
    'rooms 1',
  ];
  t.strictSame(await scrape(), afterOne);
  lobby.addPeer({ enableSimulcast: false });
  t.strictSame(await scrape(), afterOne, 'nothing changes in between');
  clock.advance(10_000);
  const afterTwo = [
    'room_duration_seconds{room_id="lobby"} 20',
    'room_peer_time_total_seconds{room_id="lobby"} 50',
    'room_peers{room_id="lobby"} 3',
    'rooms 1',
  ];
  t.strictSame(await scrape(), afterTwo);
  await rooms.delete('lobby');
  clock.advance(10_000);
  t.strictSame(await scrape(), afterTwo.with(2, 'room_peers{room_id="lobby"} 0').with(3, 'rooms 0'));
});

t.test('connects, disconnects and crashes are counted at once', async (t) => {
  const { rooms, series, open, scrape, connect } = start();
  t.teardown(() => series.close());
  const lobby = await open('lobby');
  const alice = connect(lobby);
  connect(lobby);
  const carol = connect(lobby);
  lobby.disconnectPeer(alice);
  lobby.crashPeer(carol, '');
  await rooms.delete('lobby');
  t.strictSame(await scrape(), [
    'room_peer_connects_total{room_id="lobby"} 3',
    'room_peer_crashes_total{room_id="lobby"} 1',
    'room_peer_disconnects_total{room_id="lobby"} 1',
    'room_peers{room_id="lobby"} 0',
    'rooms 0',
  ]);
});

t.test('a room that crashes is set to 0 peers', async (t) => {
  const { clock, crashes, series, open, scrape, connect } = start();
  t.teardown(() => series.close());
  connect(await open('lobby'));
  clock.advance(10_000);
  t.ok((await scrape()).includes('room_peers{room_id="lobby"} 1'));
  crashes.get('lobby')?.();
  t.ok((await scrape()).includes('room_peers{room_id="lobby"} 0'));
});

t.test('the series of an ended room are removed after an hour', async (t) => {
  const { clock, rooms, series, open, scrape, connect } = start();
  t.teardown(() => series.close());
  connect(await open('ended'));
  connect(await open('live'));
  clock.advance(10_000);
  await rooms.delete('ended');
  clock.advance(hour - 10_000);
  const ofEnded = async () => (await scrape()).filter((line) => line.includes('"ended"'));
  t.equal((await ofEnded()).length, 4);
  clock.advance(10_000);
  t.strictSame(await ofEnded(), []);
  t.equal((await scrape()).filter((line) => line.includes('"live"')).length, 4);
});

t.test('the series of a new room with the id of an ended one stay', async (t) => {
  const { clock, rooms, series, open, scrape, connect } = start();
  t.teardown(() => series.close());
  connect(await open('lobby'));
  await rooms.delete('lobby');
  connect(await open('lobby'));
  clock.advance(2 * hour);
  t.ok((await scrape()).includes('room_peer_connects_total{room_id="lobby"} 2'));
});

t.test('at most 1000 ended rooms are kept; those that ended first are removed first', async (t) => {
  const { rooms, series, open, scrape } = start();
  t.teardown(() => series.close());
  for (let number = 0; number < 1002; number += 1) {
    await open(`room-${number}`);
    await rooms.delete(`room-${number}`);
  }
  const peers = (await scrape()).filter((line) => line.startsWith('room_peers{'));
  t.equal(peers.length, 1000);
  t.notOk(peers.some((line) => line.includes('"room-0"') || line.includes('"room-1"')));
  t.ok(peers.includes('room_peers{room_id="room-2"} 0'));
});

t.test('close leaves no timer and no listener', async (t) => {
  const { clock, series, open, scrape, connect } = start();
  series.close();
  series.close();
  connect(await open('lobby'));
  t.equal(clock.pending, 0);
  t.strictSame(await scrape(), ['rooms 0']);
});
