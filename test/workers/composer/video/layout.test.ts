import t from 'tap';
import { arrange, type LayoutItem } from '../../../../workers/composer/video/layout.ts';

const size = { width: 1920, height: 1080 };

function cameras(count: number): LayoutItem[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${index}`, screenshare: false, order: index }));
}

const grids: [count: number, columns: number, rows: number][] = [
  [2, 2, 1],
  [3, 2, 2],
  [4, 2, 2],
  [5, 3, 2],
  [7, 3, 3],
  [9, 3, 3],
  [10, 4, 3],
  [50, 8, 7],
];
for (const [count, columns, rows] of grids) {
  t.test(`${count} tiles are ${columns} x ${rows}`, async (t) => {
    const tiles = [...arrange(cameras(count), size).values()];
    t.equal(new Set(tiles.map(({ y }) => y)).size, rows);
    t.equal(Math.max(...tiles.map(({ y }) => tiles.filter((other) => other.y === y).length)), columns);
    for (const { x, y, width, height } of tiles) {
      t.same(
        [x, y, width, height].filter((value) => value % 2 !== 0),
        [],
        'even',
      );
      t.ok(x >= 5 && y >= 5 && x + width <= 1915 && y + height <= 1075, 'inside, with a margin');
    }
    for (const [index, tile] of tiles.entries()) {
      const overlapping = tiles
        .slice(index + 1)
        .filter(
          (other) =>
            tile.x < other.x + other.width + 10 &&
            other.x < tile.x + tile.width + 10 &&
            tile.y < other.y + other.height + 10 &&
            other.y < tile.y + tile.height + 10,
        );
      t.same(overlapping, [], 'apart');
    }
    const lastRow = tiles.filter(({ y }) => y === tiles.at(-1)?.y);
    const [left, right] = [lastRow[0]?.x ?? 0, 1920 - (lastRow.at(-1)?.x ?? 0) - (lastRow.at(-1)?.width ?? 0)];
    t.ok(Math.abs(left - right) <= 4, 'the last row is centred');
  });
}

t.test('no tile, and a single one with the whole area, are laid out', async (t) => {
  t.equal(arrange([], size).size, 0);
  t.same(arrange(cameras(1), size).get('0'), { x: 0, y: 0, width: 1920, height: 1080 });
});

t.test('a screen share lies below a bar of a fifth', async (t) => {
  const places = arrange([...cameras(3), { id: 'screen', screenshare: true, order: 9 }], size);
  t.same(places.get('screen'), { x: 6, y: 222, width: 1908, height: 852 });
  for (const id of ['0', '1', '2']) {
    const place = places.get(id);
    t.ok(place && place.y + place.height <= 216, `${id} is in the bar`);
    t.ok(place && place.width / place.height < 2, 'not stretched');
  }
  t.ok((places.get('0')?.x ?? 0) > 300, 'the bar is centred');
});

t.test('of several screen shares the newest gets the main area', async (t) => {
  const items = [
    { id: 'new', screenshare: true, order: 5 },
    { id: 'old', screenshare: true, order: 2 },
  ];
  const places = arrange(items, size);
  t.equal(places.get('new')?.height, 852);
  t.ok((places.get('old')?.height ?? 0) < 216);
  t.same(arrange(items.slice(1), size).get('old'), { x: 0, y: 0, width: 1920, height: 1080 }, 'alone');
});

t.test('many tiles in a bar stay inside', async (t) => {
  const places = arrange([...cameras(60), { id: 'screen', screenshare: true, order: 99 }], { width: 320, height: 180 });
  for (const { x, width, height } of places.values()) t.ok(x >= 0 && x + width <= 320 && width >= 2 && height >= 2);
});
