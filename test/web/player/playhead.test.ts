import t from 'tap';
import { type Help, Playhead, type Playing } from '../../../src/web/player/browser/playhead.ts';

const stuck: Playing = { time: 0, paused: false, resting: false, buffered: [{ start: 0, end: 27 }] };

/** Looks four times per second. @returns what it said, by seconds */
function looks(playhead: Playhead, seconds: number, playing: (second: number) => Playing, from = 0) {
  const said: [number, Help][] = [];
  for (let second = from; second < from + seconds; second += 0.25) {
    const help = playhead.look(second * 1000, playing(second));
    if (help !== undefined) said.push([second, help]);
  }
  return said;
}

t.test('a player that has media and does not move is helped, more and more', async (t) => {
  const said = looks(new Playhead(), 140, () => stuck);
  t.same(said, [
    [5, { seek: 24 }],
    [15, { seek: 24 }],
    [35, 'recover'],
    [75, 'reload'],
    [135, 'reload'],
  ]);
});

t.test('a player before what is buffered is helped soon', async (t) => {
  const outside = { ...stuck, buffered: [{ start: 22, end: 49 }] };
  t.same(
    looks(new Playhead(), 3, () => outside),
    [[2, { seek: 46 }]],
  );
  const short = { ...stuck, buffered: [{ start: 22, end: 24 }] };
  t.same(
    looks(new Playhead(), 3, () => short),
    [[2, { seek: 22.1 }]],
    'not before its beginning',
  );
});

t.test('a player that nobody has started is started', async (t) => {
  t.same(
    looks(new Playhead(), 6, () => ({ ...stuck, paused: true })),
    [[5, 'play']],
  );
});

t.test('a player that plays is left alone', async (t) => {
  const playhead = new Playhead();
  t.same(
    looks(playhead, 60, (time) => ({ ...stuck, time, buffered: [{ start: 0, end: time + 2 }] })),
    [],
  );
  t.same(
    looks(playhead, 60, (now) => ({ ...stuck, time: 60 + now / 10 }), 60),
    [],
    'slowly, too',
  );
  const still = { ...stuck, time: 66 };
  t.same(
    looks(playhead, 60, () => ({ ...still, buffered: [{ start: 0, end: 66.2 }] }), 120),
    [],
    'nothing to play',
  );
  t.same(
    looks(playhead, 60, () => ({ ...still, buffered: [] }), 180),
    [],
  );
  t.same(
    looks(playhead, 60, () => ({ ...still, resting: true }), 240),
    [],
    'the viewer wants it so',
  );
});

t.test('what does not move after a seek is not taken for a player that moves', async (t) => {
  const playhead = new Playhead();
  let time = 0;
  const helped = looks(playhead, 16, (): Playing => ({ ...stuck, time })).length;
  t.equal(helped, 2);
  const other = new Playhead();
  const said: Help[] = [];
  for (let second = 0; second < 50; second += 0.25) {
    const help = other.look(second * 1000, { ...stuck, time });
    if (help === undefined) continue;
    said.push(help);
    if (typeof help === 'object') time = help.seek;
  }
  t.match(said, [{ seek: 24 }, { seek: Number }, 'recover']);
});

t.test('time in which the browser stood still does not count', async (t) => {
  const playhead = new Playhead();
  t.equal(playhead.look(0, stuck), undefined);
  t.equal(playhead.look(60_000, stuck), undefined);
  t.equal(playhead.look(120_000, stuck), undefined);
});

t.test('a player that moved after help is helped as early the next time', async (t) => {
  const playhead = new Playhead();
  t.equal(looks(playhead, 30, () => stuck).length, 2);
  looks(playhead, 10, (second) => ({ ...stuck, time: second, buffered: [{ start: 0, end: 100 }] }), 30);
  const again = looks(playhead, 6, () => ({ ...stuck, time: 39.75, buffered: [{ start: 0, end: 100 }] }), 40);
  t.match(again, [[Number, { seek: 97 }]]);
});
