import t from 'tap';
import { LivePlace, type LivePlayer } from '../../../src/web/player/browser/live-place.ts';

/** hls.js as far as it is asked: its place is two seconds further back for ever once it has stalled. */
function playing(latency: number) {
  const player = { latency, targetLatency: 0.9, liveSyncPosition: 100, latestLevelDetails: { partHoldBack: 0.9 } };
  return { player, place: new LivePlace(player) };
}

t.test('stalls are forgotten after ten quiet seconds', async (t) => {
  const { player, place } = playing(2.9);
  player.targetLatency = 2.9;
  place.stall(0);
  place.stall(5000);
  place.look(14_900, true);
  t.equal(player.targetLatency, 2.9, 'not while they may go on');
  t.equal(place.look(15_000, true), undefined, 'near enough to be made up for by playing faster');
  t.equal(player.targetLatency, 0.9);
  player.targetLatency = 1.9;
  place.look(40_000, true);
  t.equal(player.targetLatency, 1.9, 'nothing is done that no stall was the reason for');
});

t.test('without low latency hls.js is left alone', async (t) => {
  const player: LivePlayer = {
    ...{ latency: 20, targetLatency: 24, liveSyncPosition: 100 },
    latestLevelDetails: { partHoldBack: 0 },
  };
  const place = new LivePlace(player);
  place.stall(0);
  place.look(60_000, true);
  t.equal(player.targetLatency, 24);
});

t.test('a viewer who is far behind for a while jumps to live', async (t) => {
  const { player, place } = playing(5);
  t.equal(place.look(0, true), undefined);
  t.equal(place.look(1900, true), undefined, 'it may be a moment only');
  t.equal(place.look(2000, false), undefined, 'not while there is nothing to play');
  t.equal(place.look(2100, true), 100);
  t.equal(place.look(2200, true), undefined, 'once');
  player.latency = 1;
  place.look(3000, true);
  player.latency = 5;
  t.equal(place.look(5000, true), undefined, 'counted from the time at which it was left behind');
});

t.test('a viewer who seeks back stays there until they are near live again', async (t) => {
  const { player, place } = playing(1);
  place.seek(100, 90);
  player.latency = 11;
  place.look(0, true);
  t.equal(place.look(60_000, true), undefined);
  player.latency = 1;
  place.look(61_000, true);
  player.latency = 5;
  place.seek(100, 99.8);
  place.look(62_000, true);
  t.equal(place.look(64_000, true), 100, 'a jump that is not theirs');
});

t.test('a player without data is left alone', async (t) => {
  const place = new LivePlace({ latency: 0, targetLatency: null, liveSyncPosition: null, latestLevelDetails: null });
  place.stall(0);
  t.equal(place.look(60_000, true), undefined);
});
