import { Encoder } from '@evan/opus';
import type { Script } from '../../../rtp-sender.ts';
import { sine } from '../../../tone.ts';

/** A tone of ten seconds in packets of 20 ms, to be played again and again. */
export function toneScript(frequency: number): Script {
  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  const { samples } = sine(frequency, 10_000);
  const frames = Array.from({ length: 500 }, (_, index) => {
    const payload = Buffer.from(encoder.encode(samples.slice(index * 960, (index + 1) * 960)));
    return { time: index * 20, payloads: [payload], key: true };
  });
  return { frames, duration: 10_000, clockRate: 48_000 };
}
