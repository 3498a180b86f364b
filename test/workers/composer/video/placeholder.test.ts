import t from 'tap';
import { drawPlaceholder } from '../../../../workers/composer/video/placeholder.ts';

t.test('the placeholder is a figure in the middle, at any size', async (t) => {
  for (const [width, height] of [
    [64, 36],
    [36, 64],
    [2, 2],
    [320, 180],
  ] as const) {
    const { data } = drawPlaceholder(width, height);
    t.equal(data.length, width * height * 1.5);
    const luma = data.subarray(0, width * height);
    t.strictSame([...new Set(data.subarray(width * height))], [128], 'without colour');
    if (width < 10) continue;
    t.strictSame([...new Set(luma)].sort(), [60, 96]);
    t.equal(luma[0], 60, 'nothing in the corner');
    const shoulders = Math.floor(height / 2 + 0.5 * (Math.min(width, height) / 2)) * width + width / 2;
    t.equal(luma[shoulders], 96);
    const row = (y: number) => luma.subarray(y * width, (y + 1) * width).filter((value) => value === 96).length;
    const middle = Math.floor(height / 2);
    const unit = Math.min(width, height) / 2;
    t.ok(
      row(Math.floor(middle + 0.5 * unit)) > row(Math.floor(middle - 0.2 * unit)),
      'shoulders are wider than the head',
    );
  }
});
