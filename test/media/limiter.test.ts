import t from 'tap';
import { Limiter } from '../../src/media/limiter.ts';

function tone(amplitude: number, length: number): Float32Array {
  return Float32Array.from({ length: length * 2 }, (_, index) => amplitude * Math.sin((index >> 1) * 0.1));
}

function peak(samples: Int16Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

t.test('audio that is not too loud is unchanged', async (t) => {
  const audio = tone(0.9, 1024);
  const out = new Limiter(2, 48_000).apply(audio);
  t.same(
    [...out].filter((sample, index) => Math.abs(sample - (audio[index] ?? 0) * 32_767) > 1),
    [],
  );
});

t.test('audio that is too loud stays below full scale without clipping', async (t) => {
  const limiter = new Limiter(2, 48_000);
  limiter.apply(tone(4, 1024));
  const out = limiter.apply(tone(4, 1024));
  t.ok(peak(out) <= 31_785 && peak(out) > 28_000, `${peak(out)}`);
  const atTop = [...out].filter((sample) => Math.abs(sample) > 31_700).length;
  t.ok(atTop < 200, 'a wave, not a square');
});

t.test('the gain recovers slowly', async (t) => {
  const limiter = new Limiter(2, 48_000);
  limiter.apply(tone(4, 1024));
  const [soon, later] = [peak(limiter.apply(tone(0.5, 240))), peak(limiter.apply(tone(0.5, 24_000)))];
  t.ok(soon < 8000, `turned down: ${soon}`);
  t.ok(later > 16_000, `and up again: ${later}`);
});

t.test('both channels get the same gain', async (t) => {
  const out = new Limiter(2, 48_000).apply(Float32Array.from([2, 0.5]));
  t.ok(Math.abs((out[0] ?? 0) / (out[1] ?? 1) - 4) < 0.01);
});
