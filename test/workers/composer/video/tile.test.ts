import t from 'tap';
import { createFrame, type RawFrame } from '../../../../workers/composer/video/raw-frame.ts';
import { Tile } from '../../../../workers/composer/video/tile.ts';

const rectangle = { x: 0, y: 0, width: 8, height: 4 };

function createTile() {
  const recycled: number[] = [];
  const tile = new Tile((frame) => recycled.push(brightness(frame)));
  tile.place(rectangle);
  return { tile, recycled };
}

function brightness(frame: RawFrame | undefined): number {
  return frame?.data[0] ?? -1;
}

function frame(value: number): RawFrame {
  return createFrame(8, 4, [value, 128, 128]);
}

t.test('the newest due frame is shown; the others are returned', async (t) => {
  const { tile, recycled } = createTile();
  for (const time of [10, 20, 30, 40]) tile.add(frame(time), time, time);
  const before = tile.version;
  tile.advance(5);
  t.equal(tile.version, before, 'nothing is due');
  tile.advance(30);
  t.equal(brightness(tile.frame), 30);
  t.same(recycled, [10, 20]);
  tile.advance(50);
  t.same(recycled, [10, 20, 30]);
});

t.test('frames that a new decoder repeats are not shown, except for a sharper last one', async (t) => {
  const { tile } = createTile();
  tile.add(frame(30), 30, 30);
  tile.advance(30);
  tile.add(frame(20), 20, 20);
  tile.advance(31);
  t.equal(brightness(tile.frame), 30);
  tile.add(frame(99), 30, 30);
  tile.advance(32);
  t.equal(brightness(tile.frame), 99);
});

t.test('a frame like the last one changes nothing', async (t) => {
  const { tile, recycled } = createTile();
  tile.add(frame(30), 10, 10);
  tile.advance(10);
  const { version } = tile;
  tile.add(frame(30), 20, 20);
  tile.advance(20);
  t.equal(tile.version, version);
  t.same(recycled, [30], 'it is returned');
  tile.add(frame(40), 15, 20);
  tile.advance(20);
  t.equal(tile.version, version, 'its time counts');
  tile.fade();
  tile.add(frame(30), 30, 30);
  tile.advance(30);
  t.equal(brightness(tile.frame), 30, 'after a placeholder it is shown');
});

t.test('after a change of size the last frame stays, scaled, until a new one comes', async (t) => {
  const { tile } = createTile();
  tile.add(frame(200), 1, 1);
  tile.advance(1);
  tile.place({ x: 2, y: 2, width: 4, height: 4 });
  t.match(tile.frame, { width: 4, height: 2 }, 'whole');
  t.same([...(tile.frame?.data ?? [])], [...createFrame(4, 2, [200, 128, 128]).data]);
  tile.add(frame(50), 2, 2);
  tile.advance(2);
  t.equal(tile.frame?.width, 4, 'one that does not fit is not taken');
});

t.test('without frames there is a placeholder, and again when the track is silent', async (t) => {
  const { tile } = createTile();
  const ground = brightness(tile.frame);
  tile.add(frame(200), 1, 1);
  tile.advance(1);
  tile.fade();
  t.equal(brightness(tile.frame), ground);
  const { version } = tile;
  tile.fade();
  t.equal(tile.version, version, 'once');
  tile.add(frame(201), 2, 2);
  tile.advance(2);
  t.equal(brightness(tile.frame), 201, 'it comes back');
});

t.test('frames for a time that never comes do not pile up', async (t) => {
  const { tile, recycled } = createTile();
  for (let time = 1; time <= 100; time += 1) tile.add(frame(time), time * 1e6, 0);
  t.ok(recycled.length >= 60);
});

t.test('a late frame is shown only when none comes in time for a while', async (t) => {
  const { tile, recycled } = createTile();
  tile.add(frame(30), 30, 30);
  tile.advance(30);
  tile.add(frame(60), 60, 91);
  tile.add(frame(90), 90, 121);
  t.same(recycled, [60], 'the newest of them is kept');
  tile.advance(130);
  t.equal(brightness(tile.frame), 30);
  tile.add(frame(150), 150, 165);
  tile.advance(170);
  t.equal(brightness(tile.frame), 150, 'this one is nearly in time');
  t.same(recycled, [60, 30, 90]);

  for (const time of [200, 300, 400]) tile.add(frame(time / 2), time, time + 100);
  tile.advance(549);
  t.equal(brightness(tile.frame), 150);
  tile.advance(550);
  t.equal(brightness(tile.frame), 200, 'the newest, a quarter of a second after the first');
  tile.add(frame(220), 500, 600);
  tile.fade();
  t.ok(recycled.includes(220), 'nothing is kept of a track that fell silent');
});
