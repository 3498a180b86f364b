import t from 'tap';
import { LivePlace, type LivePlayer, type Look } from '../../../src/web/player/browser/live-place.ts';

const target = { partHoldBack: 0.6, partTarget: 0.2, targetduration: 2 };

/** hls.js as far as it is asked: its place is two seconds further back for ever once it has stalled. */
function playing(latency: number) {
  const player = {
    ...{ latency, targetLatency: 0.6, liveSyncPosition: 100, latestLevelDetails: target, lowLatencyMode: true },
  };
  return { player, place: new LivePlace(player) };
}

const look = (now: number, { playing = true, time = 90, ahead = 1 }: Partial<Look> = {}): Look => ({
  ...{ now, playing, time, ahead },
});
const slow = { duration: 0.2, start: 0, first: 300, end: 310 };
const fast = { duration: 2, start: 0, first: 10, end: 50 };

t.test('within its last second a player catches up by its speed', async (t) => {
  const { player, place } = playing(1.1);
  t.match(place.look(look(0)), { rate: 1.2, seek: undefined });
  t.equal(place.look(look(250, { playing: false })).rate, 1, 'not while there is nothing to play');
  t.equal(place.look(look(500, { ahead: 0.1 })).rate, 1, 'not with nearly nothing buffered');
  player.latency = 0.62;
  t.equal(place.look(look(5000)).rate, 1);
});

t.test('stalls of hls.js are forgotten, and the target decreases after five quiet seconds', async (t) => {
  const { player, place } = playing(1.6);
  player.targetLatency = 2.6;
  place.stall(0);
  place.look(look(0));
  t.equal(player.targetLatency, 1.6, 'where the stall has left it');
  place.look(look(4900));
  t.equal(player.targetLatency, 1.6);
  place.look(look(5900));
  t.ok(player.targetLatency < 1.6 && player.targetLatency > 1.4, `${player.targetLatency}`);
  t.ok((place.look(look(6900)).rate ?? 0) >= 1);
  for (let now = 7000; now < 60_000; now += 1000) place.look(look(now));
  t.equal(player.targetLatency, 0.6);
});

t.test('without low latency hls.js is left alone', async (t) => {
  const player: LivePlayer = {
    ...{ latency: 20, targetLatency: 24, liveSyncPosition: 100, lowLatencyMode: true },
    latestLevelDetails: { partHoldBack: 0, partTarget: 0, targetduration: 6 },
  };
  const place = new LivePlace(player);
  place.stall(0);
  t.equal(place.look(look(60_000)).rate, undefined);
  t.equal(player.targetLatency, 24);
});

t.test('a viewer who is far behind for a while jumps to live', async (t) => {
  const { player, place } = playing(5);
  t.match(place.look(look(0)), { rate: 1.5, seek: undefined });
  t.equal(place.look(look(1900)).seek, undefined, 'it may be a moment only');
  t.equal(place.look(look(2000, { playing: false })).seek, undefined, 'not while there is nothing to play');
  t.equal(place.look(look(2100)).seek, 100);
  t.equal(place.look(look(2200)).seek, undefined, 'once');
  player.latency = 1;
  place.look(look(3000));
  player.latency = 5;
  t.equal(place.look(look(5000)).seek, undefined, 'counted from the time at which it was left behind');
});

t.test('a jump to live does not leave what is buffered when its end is near', async (t) => {
  const { place } = playing(10.6);
  place.look(look(0));
  t.match(place.look(look(2000, { ahead: 9.8 })), { rate: 1, seek: 99.2 });
  place.look(look(2250));
  t.equal(place.look(look(4250, { ahead: 12 })).seek, 100);
});

t.test('a viewer who seeks back stays there until they are near live again', async (t) => {
  const { player, place } = playing(1);
  place.look(look(0));
  place.seek(100, 90);
  player.latency = 11;
  t.equal(place.look(look(250)).rate, 1, 'as fast as before');
  t.strictSame(place.look(look(500)), { rate: undefined, seek: undefined });
  place.stall(1000);
  t.strictSame(place.look(look(60_000)), { rate: undefined, seek: undefined }, 'at the speed that they choose');
  t.equal(player.targetLatency, 0.6, 'stalls there say nothing of live');
  player.latency = 1;
  place.look(look(61_000));
  player.latency = 5;
  place.seek(100, 99.8);
  place.look(look(62_000));
  t.equal(place.look(look(64_000)).seek, 100, 'a jump that is not theirs');
});

t.test('a network that is too slow for parts gets whole segments, and parts when it is fast again', async (t) => {
  const { player, place } = playing(3);
  for (let part = 0; part < 20; part += 1) place.loaded(slow);
  for (const now of [0, 250]) {
    place.stall(now);
    t.ok(player.lowLatencyMode, 'it may help to stay further behind');
    place.look(look(now));
    t.equal(player.targetLatency, 2.6);
  }
  place.stall(1000);
  t.notOk(player.lowLatencyMode);
  t.equal(place.look(look(1000, { playing: false })).seek, 100, 'back to where there are whole segments');
  t.equal(player.targetLatency, 8);
  place.seek(104, 100);
  player.latency = 6;
  place.look(look(1250));
  t.equal(player.targetLatency, 8);
  player.latency = 13.5;
  for (const now of [1500, 4000]) t.equal(place.look(look(now)).seek, undefined, 'a segment is late soon');
  player.latency = 6;
  t.strictSame(place.look(look(41_000)), { rate: 1, seek: undefined });
  t.notOk(player.lowLatencyMode, 'the network is as it was');
  for (let segment = 0; segment < 20; segment += 1) place.loaded(fast);
  place.look(look(42_000));
  t.ok(player.lowLatencyMode);
  t.equal(place.look(look(44_000)).seek, 100, 'to live');
});

t.test('a viewer who has just come does not go back to before that', async (t) => {
  const { place } = playing(3);
  for (let part = 0; part < 20; part += 1) place.loaded(slow);
  for (const now of [0, 250, 500]) {
    t.equal(place.look(look(now, { time: 103 + now / 1000 })).seek, undefined);
    place.stall(now);
  }
  t.equal(place.look(look(1000)).seek, 103);
});

t.test('a player without data is left alone', async (t) => {
  const place = new LivePlace({
    ...{ latency: 0, targetLatency: null, liveSyncPosition: null, latestLevelDetails: null, lowLatencyMode: true },
  });
  place.stall(0);
  t.equal(place.look(look(60_000)).seek, undefined);
});
