import { Playout } from '../../../workers/telephony/playout.ts';
import { type Sound, sine } from '../../tone.ts';

export interface SimulatedTrackOptions {
  /** Duration of the simulation, in ms. */
  readonly duration: number;
  readonly rate?: 8000 | 48_000;
  readonly frequency?: number;
  /** Of each packet, in ms. */
  readonly packetTime?: number;
  /** Factor of the sender's clock: 1.0001 is 100 ppm too fast. */
  readonly speed?: number;
  /** How long a packet is under way, in ms. Packets stay in order. */
  readonly transit?: (index: number, sentAt: number) => number;
  readonly isLost?: (index: number, sentAt: number) => boolean;
  /** Whether the sender is silent: nothing is sent then, and the timestamps go on. */
  readonly isPaused?: (sentAt: number) => boolean;
}

/** What was heard of a simulated track. */
export interface HeardTrack {
  readonly sound: Sound;
  /** What was held back at each tick, in ms. */
  readonly held: readonly number[];
  readonly concealed: number;
  /** Ticks without any audio. */
  readonly silentTicks: number;
}

/** Sends a tone through a playout, on a clock of its own. */
export function hearSimulated(options: SimulatedTrackOptions): HeardTrack {
  const { duration, rate = 8000, frequency = 440, packetTime = 20, speed = 1 } = options;
  const { transit = () => 0, isLost = () => false, isPaused = () => false } = options;
  const tone = sine(frequency, duration * speed + 1000, rate).samples;
  const size = (packetTime * rate) / 1000;
  let concealed = 0;
  const playout = new Playout({ rate, onConcealed: () => (concealed += 1) });
  const samples = new Int16Array((duration * rate) / 1000);
  const held: number[] = [];
  let [index, expected, arrivedAt, silentTicks] = [0, 0, 0, 0];
  for (let tick = 1; tick * 20 <= duration; tick += 1) {
    const due = tick * 20 + 7;
    for (;;) {
      const sentAt = ((index + 1) * packetTime) / speed;
      const arrival = Math.max(sentAt + transit(index, sentAt), arrivedAt);
      if (arrival > due) break;
      const from = index * size;
      if (!isLost(index, sentAt) && !isPaused(sentAt)) {
        playout.push(tone.subarray(from, from + size), from - expected, arrival);
        expected = from + size;
        arrivedAt = arrival;
      }
      index += 1;
    }
    held.push(playout.held);
    const frame = playout.pull(due);
    if (frame) samples.set(frame, ((tick - 1) * 20 * rate) / 1000);
    else silentTicks += 1;
  }
  return { sound: { samples, rate }, held, concealed, silentTicks };
}
