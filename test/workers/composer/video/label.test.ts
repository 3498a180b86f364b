import t from 'tap';
import { monotonicClock } from '../../../../workers/composer/monotonic-clock.ts';
import { drawLabel, LabelPainter, labelHeight } from '../../../../workers/composer/video/label.ts';
import { createFrame } from '../../../../workers/composer/video/raw-frame.ts';

function createPainter() {
  const failures: (readonly string[])[] = [];
  const painter = new LabelPainter(monotonicClock, (lines) => failures.push(lines));
  t.teardown(() => painter.close());
  return { painter, failures };
}

t.test('names are drawn literally, whatever their characters mean to a filter graph', async (t) => {
  const { painter, failures } = createPainter();
  const widths = new Map<string, number>();
  for (const name of ['iiii', 'MMMM', "a'b", 'a:b', 'a\\b', '%{pts}', '[x],;=', '', ' \n\u0000 ']) {
    const label = await painter.paint(name, 24);
    widths.set(name, label?.width ?? 0);
    if (label) t.equal(label.levels.length, label.width * 24, name);
  }
  t.same(failures, []);
  t.ok((widths.get('MMMM') ?? 0) > 2 * (widths.get('iiii') ?? 0), 'wide letters take more room');
  for (const name of ["a'b", 'a:b', 'a\\b', '[x],;=']) t.ok((widths.get(name) ?? 0) > 16, `${name} is seen`);
  t.ok((widths.get('%{pts}') ?? 0) > 50, 'nothing is expanded');
  for (const name of ['', ' \n\u0000 ']) t.equal(widths.get(name), 0, 'nothing to draw');
});

t.test('each name is drawn once per size', async (t) => {
  const { painter } = createPainter();
  t.equal(await painter.paint('Ann', 24), await painter.paint('Ann', 24));
  t.equal((await painter.paint('Ann', 32))?.height, 32);
});

t.test('a long name is cut', async (t) => {
  const { painter } = createPainter();
  const [long, longer] = [await painter.paint('i'.repeat(100), 24), await painter.paint('i'.repeat(200), 24)];
  t.ok(long && long === longer, 'what is cut off makes no difference');
});

t.test('the name is in the lower left corner of its tile', async (t) => {
  const canvas = createFrame(40, 20, [200, 90, 90]);
  const label = { width: 8, height: 4, levels: Buffer.alloc(32) };
  label.levels[0] = 255;
  drawLabel(label, canvas, { x: 10, y: 2, width: 20, height: 16 });
  const changed = [...canvas.data.subarray(0, 800)].flatMap((value, at) =>
    value === 200 ? [] : [{ x: at % 40, y: Math.floor(at / 40), value }],
  );
  t.equal(changed.length, 32);
  t.ok(
    changed.every(({ x, y }) => x >= 10 && x < 18 && y >= 14 && y < 18),
    'inside',
  );
  t.ok((changed[0]?.value ?? 0) > 220, 'a letter');
  t.ok((changed[1]?.value ?? 0) < 80, 'on dark ground');
});

t.test('the height of the name follows the tile', async (t) => {
  t.same([60, 360, 1080].map(labelHeight), [16, 30, 48]);
});
