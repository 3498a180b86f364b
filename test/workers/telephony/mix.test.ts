import t from 'tap';
import { Mix, MixListener } from '../../../workers/telephony/mix.ts';
import { seededRandom } from '../../seeded-random.ts';
import { sine, toneLevel } from '../../tone.ts';

t.test('the mix without a track is the exact sum of the others, with 500 tracks at full scale, too', async (t) => {
  const random = seededRandom(1);
  const frame = () => Int16Array.from({ length: 160 }, () => Math.round((random() * 2 - 1) * 32_767));
  const tracks = Array.from({ length: 500 }, frame);
  const [own = new Int16Array(160), ...others] = tracks;
  const mix = new Mix(160);
  for (const track of tracks) mix.add(track);
  const expected = Array.from({ length: 160 }, (_, index) =>
    others.reduce((sum, track) => sum + (track[index] ?? 0), 0),
  );
  t.same(
    Array.from(mix.without(own), (value) => value * 32_768),
    expected,
  );
  t.equal(mix.without(undefined), mix.samples);
});

t.test('three loud tracks are heard together without clipping', async (t) => {
  const frequencies = [300, 500, 700];
  const sounds = frequencies.map((frequency) => sine(frequency, 1000, 8000, 0.9).samples);
  const listener = new MixListener(8000);
  const heard = Array.from({ length: 50 }, (_, tick) => {
    const mix = new Mix(160);
    for (const samples of sounds) mix.add(samples.subarray(tick * 160, (tick + 1) * 160));
    return [...listener.hear(mix, undefined)];
  });
  const sound = { rate: 8000, samples: Int16Array.from(heard.flat()) };
  const peak = Math.max(...sound.samples.map(Math.abs));
  t.ok(peak < 32_000 && peak > 28_000, `${peak}`);
  const levels = frequencies.map((frequency) => toneLevel(sound, frequency));
  t.ok(Math.min(...levels) > 0.25 && Math.max(...levels) - Math.min(...levels) < 0.03, `${levels}`);
  // Clipping would make tones of its own, of sums and differences.
  const others = [100, 900, 1100, 1300].map((frequency) => toneLevel(sound, frequency));
  t.ok(Math.max(...others) < 0.02, `${others}`);
});
