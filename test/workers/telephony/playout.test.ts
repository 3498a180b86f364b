import t from 'tap';
import { Playout } from '../../../workers/telephony/playout.ts';
import { seededRandom } from '../../seeded-random.ts';
import { dropOuts, frameLevels, part, toneLevel } from '../../tone.ts';
import { hearSimulated, type SimulatedTrackOptions } from './simulated-track.ts';

const rates = [8000, 48_000] as const;

/** A random number for each packet, always the same one. */
function perPacket(): (index: number) => number {
  const random = seededRandom(5);
  const numbers: number[] = [];
  return (index) => {
    while (numbers.length <= index) numbers.push(random());
    return numbers[index] ?? 0;
  };
}

/** What is heard once it has begun. */
function hear(options: SimulatedTrackOptions) {
  const heard = hearSimulated(options);
  const sound = part(heard.sound, 200);
  const held = heard.held.slice(10);
  return {
    ...{ sound, dropOuts: dropOuts(sound), tone: toneLevel(sound, 440) },
    ...{ concealed: heard.concealed, silentTicks: heard.silentTicks },
    ...{ least: Math.min(...held), most: Math.max(...held) },
  };
}

for (const rate of rates) {
  for (const packetTime of [2.5, 5, 10, 20, 40, 60, 120]) {
    t.test(`${rate} Hz: packets of ${packetTime} ms are heard without a gap, and soon`, async (t) => {
      const heard = hear({ duration: 5000, rate, packetTime });
      t.equal(heard.dropOuts, 0);
      t.equal(heard.concealed, 0);
      t.ok(Math.abs(heard.tone - 0.3) < 0.005, `${heard.tone}`);
      t.ok(heard.most <= packetTime + 40, `${heard.most} ms are held back`);
    });
  }

  const [minutes, drift] = rate === 8000 ? [10, 100] : [2, 300];
  for (const [name, sign] of [
    ['fast', 1],
    ['slow', -1],
  ] as const) {
    t.test(
      `${rate} Hz: a clock that is ${drift} ppm too ${name} for ${minutes} minutes is followed without a gap`,
      async (t) => {
        const heard = hear({ duration: minutes * 60_000, rate, speed: 1 + (sign * drift) / 1e6 });
        t.equal(heard.dropOuts, 0);
        t.equal(heard.concealed, 0);
        t.ok(Math.abs(heard.tone - 0.3) < 0.01, `${heard.tone}: the phase stays`);
        t.ok(heard.least >= 20 && heard.most <= 80, `${heard.least} to ${heard.most} ms are held back`);
      },
    );
  }

  t.test(`${rate} Hz: one packet of twenty is lost, and nothing drops out`, async (t) => {
    const random = perPacket();
    const heard = hear({ duration: 60_000, rate, isLost: (index) => random(index) < 0.05 });
    t.ok(heard.concealed > 50, `${heard.concealed} times`);
    t.equal(heard.dropOuts, 0);
    t.ok(Math.abs(heard.tone - 0.3) < 0.01, `${heard.tone}`);
  });
}

t.test('the delay grows with the jitter, and shrinks after it', async (t) => {
  const random = perPacket();
  const isShaky = (sentAt: number) => sentAt > 10_000 && sentAt < 20_000;
  const transit = (index: number, sentAt: number) => (isShaky(sentAt) ? random(index) * 100 : 0);
  const { held, sound } = hearSimulated({ duration: 90_000, transit });
  const most = (from: number, to: number) => Math.max(...held.slice(from / 20, to / 20));
  t.ok(most(1000, 9000) <= 40, `${most(1000, 9000)} ms before`);
  t.ok(most(15_000, 20_000) >= 60, `${most(15_000, 20_000)} ms meanwhile`);
  t.ok(most(80_000, 90_000) <= 80, `${most(80_000, 90_000)} ms afterwards`);
  t.ok(dropOuts(part(sound, 200)) < 20);
});

t.test('packets that were held up come together: what is too old is left out', async (t) => {
  const transit = (_: number, sentAt: number) => (sentAt > 2000 && sentAt < 2500 ? 2500 - sentAt : 0);
  const { held, sound } = hearSimulated({ duration: 6000, transit });
  t.equal(dropOuts(part(sound, 200, 2000)), 0);
  t.equal(dropOuts(part(sound, 2700)), 0);
  t.ok(Math.max(...held.slice(3000 / 20)) <= 80);
});

t.test('a sender that pauses is silent, and heard again at once; its delay does not grow', async (t) => {
  const isPaused = (sentAt: number) => sentAt % 1000 > 500;
  const { held, sound, silentTicks } = hearSimulated({ duration: 60_000, isPaused });
  t.ok(silentTicks > 60 * 15, `${silentTicks}`);
  t.ok(Math.max(...held) <= 60);
  // From 60 ms after the packet that was sent first: one of its own duration, the delay and a tick.
  const late = Array.from({ length: 58 }, (_, second) =>
    frameLevels(part(sound, second * 1000 + 1080, second * 1000 + 1480)),
  );
  t.ok(late.flat().every((level) => level > 0.1));
});

t.test('there is no click: no sample is far from the one before', async (t) => {
  const random = perPacket();
  const frequency = 200;
  const isLost = (index: number) => random(index) < 0.1;
  const transit = (index: number) => (random(index + 1) < 0.02 ? 120 : 0);
  const { sound } = hearSimulated({ duration: 60_000, rate: 48_000, frequency, isLost, transit });
  let most = 0;
  let before = 0;
  for (const sample of sound.samples) {
    most = Math.max(most, Math.abs(sample - before));
    before = sample;
  }
  // A sine of this frequency and amplitude changes by 257 per sample at most, a blend of two in 5 ms by 82 more.
  t.ok(most < 400, `${most}`);
});

t.test('impossible packets are ignored', async (t) => {
  const playout = new Playout({ rate: 8000, onConcealed: () => undefined });
  playout.push(new Int16Array(0), 0, 0);
  playout.push(new Int16Array(8001), 0, 0);
  t.equal(playout.held, 0);
  t.equal(playout.pull(20), undefined);
});

t.test('the first packet waits for the next ones: 20 ms of them are held back', async (t) => {
  const playout = new Playout({ rate: 8000, onConcealed: () => t.fail('nothing is missing') });
  const audio = new Int16Array(160).fill(1000);
  playout.push(audio, 0, 100);
  t.equal(playout.pull(101), undefined);
  playout.push(audio, 0, 119);
  t.equal(playout.pull(119), undefined);
  t.ok(playout.pull(120));
  t.equal(playout.held, 20);
});
