import t from 'tap';
import type { Label } from '../../../../workers/composer/video/label.ts';
import { createFrame, type Rectangle } from '../../../../workers/composer/video/raw-frame.ts';
import { Scene } from '../../../../workers/composer/video/scene.ts';
import { Tile } from '../../../../workers/composer/video/tile.ts';

const size = { width: 64, height: 36 };
const item = (id: string, order: number, name = '') => ({ id, order, name, screenshare: false, tile: new Tile() });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Paints when it is told to. */
class ScriptedPainter {
  readonly asked: string[] = [];
  readonly #waiting: ((label: Label) => void)[] = [];

  async paint(name: string, height: number): Promise<Label> {
    this.asked.push(`${name} ${height}`);
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** @param level tells labels apart */
  async finish(level: number): Promise<void> {
    this.#waiting.shift()?.({ width: 2, height: 2, levels: Buffer.alloc(4, level) });
    await turn();
  }
}

t.test('every track has a place and is told of it', async (t) => {
  const scene = new Scene(size);
  const placed: Rectangle[] = [];
  const first = { ...item('a', 1), onPlaced: (rectangle: Rectangle) => placed.push(rectangle) };
  scene.show([first]);
  t.match(placed, [size]);
  const second = item('b', 2);
  scene.show([first, second]);
  t.equal(placed.length, 2);
  t.ok((placed[1]?.width ?? 0) <= 32, 'half of the frame');
  t.ok((second.tile.rectangle?.x ?? 0) > (first.tile.rectangle?.x ?? 0));
});

t.test('a frame is composed of what is due', async (t) => {
  const scene = new Scene(size);
  const shown = item('a', 1);
  scene.show([shown]);
  shown.tile.add(createFrame(64, 36, [200, 128, 128]), 100, 100);
  const before = scene.compose(99).frame.data[0];
  t.not(before, 200);
  const canvas = scene.compose(100);
  t.equal(canvas.frame.data[0], 200);
  t.equal(scene.last, canvas);
});

t.test('items that keep their places are not drawn again', async (t) => {
  const scene = new Scene(size);
  const [one, other] = [item('a', 1), item('b', 2)];
  scene.show([one, other]);
  const canvas = scene.compose(0);
  scene.show([{ ...one, name: 'Ann' }, other]);
  t.equal(scene.compose(40), canvas);
  scene.show([item('a', 1), other]);
  t.not(scene.compose(80), canvas, 'another tile in the same place');
  const changed = scene.last;
  scene.show([other]);
  t.not(scene.compose(120), changed);
});

t.test('one name per tile is drawn at a time, and the last one stays', async (t) => {
  const painter = new ScriptedPainter();
  const scene = new Scene({ ...size, painter });
  const named = item('a', 1, 'Ann');
  scene.show([named]);
  scene.show([named]);
  for (const name of ['Bea', 'Cleo', 'Dana']) scene.show([{ ...named, name }]);
  t.strictSame(painter.asked, ['Ann 16']);
  await painter.finish(1);
  t.equal(named.tile.label, undefined, 'nobody is called so any more');
  t.strictSame(painter.asked, ['Ann 16', 'Dana 16']);
  await painter.finish(2);
  t.equal(named.tile.label?.levels[0], 2);
  scene.show([{ ...named, name: 'Ann' }]);
  await painter.finish(3);
  t.equal(named.tile.label?.levels[0], 3);
  t.equal(painter.asked.length, 3);
});

t.test('without a painter there are no names', async (t) => {
  const named = item('a', 1, 'Ann');
  new Scene(size).show([named]);
  await turn();
  t.equal(named.tile.label, undefined);
});
