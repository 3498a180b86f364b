import { Encoder } from '@evan/opus';
import t from 'tap';
import type { ForwardedStream } from '../../../src/sfu/rtp-forward.ts';
import { type MixRate, TrackAudio } from '../../../workers/telephony/track-audio.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { seededRandom } from '../../seeded-random.ts';
import { dropOuts, type Sound, sine, toneLevel } from '../../tone.ts';

const stream: ForwardedStream = { mimeType: 'audio/opus', payloadType: 97, ssrc: 1 };
const rounds = Number(process.env.SHOAL_FUZZ_ROUNDS ?? 2000);

function open(...rates: MixRate[]) {
  const clock = new HeldClock(1000);
  const counts = { undecodable: 0, concealed: 0 };
  const track = new TrackAudio({
    ...{ stream, clock },
    onUndecodable: () => (counts.undecodable += 1),
    onConcealed: () => (counts.concealed += 1),
  });
  track.use(new Set(rates));
  const push = (payload: Buffer, sequenceNumber: number, timestamp: number) =>
    track.push({ packet: { ...stream, sequenceNumber, timestamp, marker: false, payload }, at: clock.now() });
  return { clock, counts, track, push };
}

/** What is heard of packets, one per tick. */
function listen({ clock, track, push }: ReturnType<typeof open>, payloads: readonly Buffer[], rate: MixRate): Sound {
  const frames = payloads.flatMap((payload, index) => {
    push(payload, index & 0xffff, (0xffff_fff0 + index * 960) >>> 0);
    clock.advance(20);
    return [...(track.pull(rate, clock.now()) ?? [])];
  });
  return { rate, samples: Int16Array.from(frames) };
}

function encoded(frequency: number, duration: number, channels: 1 | 2 = 1): Buffer[] {
  const encoder = new Encoder({ channels, sample_rate: 48_000, application: 'voip' });
  const { samples } = sine(frequency, duration);
  return Array.from({ length: duration / 20 }, (_, index) => {
    const mono = samples.slice(index * 960, (index + 1) * 960);
    return Buffer.from(encoder.encode(channels === 1 ? mono : Int16Array.from([...mono].flatMap((one) => [one, one]))));
  });
}

for (const rate of [8000, 48_000] as const) {
  for (const channels of [1, 2] as const) {
    t.test(
      `a stream of ${channels} channels is heard as one at ${rate} Hz, across the wrap of its timestamps`,
      async (t) => {
        const opened = open(rate);
        const sound = listen(opened, encoded(440, 2000, channels), rate);
        const heard = { rate, samples: sound.samples.subarray(rate / 5) };
        t.equal(dropOuts(heard), 0);
        t.ok(Math.abs(toneLevel(heard, 440) - 0.3) < 0.03, `${toneLevel(heard, 440)}`);
        t.same(opened.counts, { undecodable: 0, concealed: 0 });
        await opened.track.close();
      },
    );
  }
}

t.test('one packet of twenty is lost, and the tone does not drop out', async (t) => {
  const random = seededRandom(4);
  const { clock, counts, track, push } = open(8000);
  const frames = encoded(440, 20_000).map((payload, index) => {
    if (random() >= 0.05) push(payload, index, index * 960);
    clock.advance(20);
    return [...(track.pull(8000, clock.now()) ?? [])];
  });
  const sound = { rate: 8000, samples: Int16Array.from(frames.slice(10).flat()) };
  t.ok(counts.concealed > 20, `${counts.concealed}`);
  t.equal(dropOuts(sound), 0);
  t.ok(toneLevel(sound, 440) > 0.25, `${toneLevel(sound, 440)}`);
  await track.close();
});

t.test('a sender with DTX is silent between its words, and each word is heard', async (t) => {
  const { clock, counts, track, push } = open(8000);
  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  encoder.dtx = true;
  const word = sine(440, 1000).samples;
  const speaks = (index: number) => index % 150 < 50;
  let left = 0;
  const frames = Array.from({ length: 600 }, (_, index) => {
    const from = (index % 150) * 960;
    const input = speaks(index) ? word.slice(from, from + 960) : new Int16Array(960);
    const payload = Buffer.from(encoder.encode(input));
    // RFC 7587 section 3.1.3: frames of two bytes or less are not sent
    if (payload.length <= 2) left += 1;
    else push(payload, index - left, index * 960);
    clock.advance(20);
    return track.pull(8000, clock.now())?.slice() ?? new Int16Array(160);
  });
  t.ok(left > 100, `${left} are not sent`);
  t.equal(counts.undecodable, 0);
  const sound = (from: number, to: number) => ({
    rate: 8000,
    samples: Int16Array.from(frames.slice(from, to).flatMap((frame) => [...frame])),
  });
  for (const word of [150, 300, 450]) {
    t.equal(dropOuts(sound(word + 5, word + 48)), 0);
    t.ok(toneLevel(sound(word + 5, word + 48), 440) > 0.25);
    t.ok(toneLevel(sound(word + 60, word + 150), 440) < 0.01);
  }
  await track.close();
});

t.test('garbage is a lost packet, whatever it is', async (t) => {
  const random = seededRandom(12);
  const opened = open(8000, 48_000);
  const good = encoded(440, 1000);
  const payloads = Array.from({ length: rounds }, (_, index) => {
    const payload = Buffer.from(good[index % good.length] ?? []);
    if (random() < 0.3)
      return Buffer.from(Array.from({ length: Math.floor(random() * 1600) }, () => Math.floor(random() * 256)));
    if (random() < 0.3) payload[Math.floor(random() * payload.length)] = Math.floor(random() * 256);
    return random() < 0.1 ? payload.subarray(0, Math.floor(random() * 3)) : payload;
  });
  t.doesNotThrow(() => listen(opened, payloads, 8000));
  t.ok(opened.counts.undecodable > 0);
  const sound = listen(opened, encoded(440, 2000), 8000);
  t.ok(
    toneLevel({ rate: 8000, samples: sound.samples.subarray(8000) }, 440) > 0.25,
    'what is whole is heard afterwards',
  );
  await opened.track.close();
});

t.test('timestamps that jump do no harm', async (t) => {
  const random = seededRandom(3);
  const { clock, track, push } = open(8000);
  const payloads = encoded(440, 1000);
  for (let index = 0; index < rounds; index += 1) {
    push(payloads[index % 50] ?? Buffer.alloc(0), index & 0xffff, Math.floor(random() * 2 ** 32));
    clock.advance(20);
    const frame = track.pull(8000, clock.now());
    if (frame && frame.length !== 160) t.fail(`A frame of ${frame.length} samples`);
  }
  t.pass('every frame was whole');
  await track.close();
});

t.test('a sender gets no more decoded than half more than its time', async (t) => {
  const { counts, clock, push, track } = open(8000);
  // Two frames of 20 ms of which the first has no length.
  const garbage = Buffer.from([0xfb, 0x82]);
  let sent = 0;
  const flood = (duration: number) => {
    for (const end = clock.now() + duration; clock.now() < end; clock.advance(20)) {
      for (let count = 0; count < 100; count += 1) push(garbage, sent & 0xffff, (sent++ * 1920) >>> 0);
      track.pull(8000, clock.now());
    }
    return counts.undecodable;
  };
  const first = flood(4000);
  // 7 packets of 40 ms wait for a tick at most; 2 s at once and 6 s in 4 s are 200 packets.
  t.ok(first > 100 && first <= 200, `${first}`);
  const second = flood(4000) - first;
  t.ok(second > 100 && second <= 151, `${second}`);
  await track.close();
});

t.test('of packets that come together the last 300 ms are decoded, which are heard', async (t) => {
  const opened = open(8000);
  const { clock, track, push, counts } = opened;
  const garbage = Buffer.from([0xfb, 0x82]);
  for (let index = 0; index < 40; index += 1) push(garbage, index, index * 1920);
  const good = encoded(440, 1000);
  for (const [index, payload] of good.entries()) push(payload, 40 + index, 40 * 1920 + index * 960);
  const frames = Array.from({ length: 10 }, () => {
    clock.advance(20);
    return [...(track.pull(8000, clock.now()) ?? [])];
  });
  t.equal(counts.undecodable, 0, 'what was before them cost nothing');
  t.ok(toneLevel({ rate: 8000, samples: Int16Array.from(frames.flat()) }, 440) > 0.05);
  await track.close();
});
