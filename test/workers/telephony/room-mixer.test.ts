import { Encoder } from '@evan/opus';
import t from 'tap';
import type { ForwardedStream } from '../../../src/sfu/rtp-forward.ts';
import { MixerMeter } from '../../../workers/telephony/mixer-meter.ts';
import { RoomMixer } from '../../../workers/telephony/room-mixer.ts';
import { type MixRate, TrackAudio, type TrackAudioOptions } from '../../../workers/telephony/track-audio.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { dropOuts, type Sound, sine, toneLevel } from '../../tone.ts';
import { LateClock } from './late-clock.ts';

const stream: ForwardedStream = { mimeType: 'audio/opus', payloadType: 97, ssrc: 1 };

/** A track that a test speaks into: a tone that never ends. */
class SpokenTrack extends TrackAudio {
  readonly #encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  readonly #tone: Int16Array;
  readonly rates: number[] = [];
  #index = 0;
  closed = false;

  constructor(options: TrackAudioOptions, frequency: number) {
    super(options);
    this.#tone = sine(frequency, 1000).samples;
  }

  override async listen(): Promise<number> {
    return 1;
  }

  override use(rates: ReadonlySet<MixRate>): void {
    this.rates.splice(0, 2, ...rates);
    super.use(rates);
  }

  override async close(): Promise<void> {
    this.closed = true;
  }

  speak(at: number): void {
    const from = (this.#index % 50) * 960;
    const payload = Buffer.from(this.#encoder.encode(this.#tone.slice(from, from + 960)));
    const [sequenceNumber, timestamp] = [this.#index & 0xffff, this.#index * 960];
    this.#index += 1;
    this.push({ packet: { ...stream, sequenceNumber, timestamp, marker: false, payload }, at });
  }
}

/** What a phone gets. */
class ListeningPhone {
  readonly frames: Int16Array[] = [];
  skipped = 0;
  rate: MixRate | undefined;

  constructor(rate?: MixRate) {
    this.rate = rate;
  }

  play(samples: Int16Array): void {
    this.frames.push(samples.slice());
  }

  skip(ticks: number): void {
    this.skipped += ticks;
  }

  /** From a tick on. */
  sound(from = 0): Sound {
    return {
      rate: this.rate ?? 8000,
      samples: Int16Array.from(this.frames.slice(from).flatMap((frame) => [...frame])),
    };
  }
}

function open() {
  const clock = new HeldClock(1000);
  const meter = new MixerMeter();
  const errors: unknown[] = [];
  const tracks = new Map<string, SpokenTrack>();
  let frequency = 0;
  const mixer = new RoomMixer({
    ...{ clock, meter, onError: (error) => errors.push(error) },
    openTrack: (options) => {
      const track = new SpokenTrack(options, frequency);
      tracks.set(`${frequency}`, track);
      return track;
    },
  });
  const add = async (tone: number) => {
    frequency = tone;
    return await mixer.addTrack(`${tone}`, stream);
  };
  const run = (ticks: number) => {
    for (let tick = 0; tick < ticks; tick += 1) {
      for (const track of tracks.values()) if (!track.closed) track.speak(clock.now());
      clock.advance(20);
    }
  };
  return { clock, meter, mixer, tracks, errors, add, run };
}

for (const rate of [8000, 48_000] as const) {
  t.test(`${rate} Hz: tracks come and go, and the others go on without a drop-out`, async (t) => {
    const { mixer, add, run } = open();
    const phone = new ListeningPhone(rate);
    mixer.addPhone(phone);
    await add(440);
    run(25);
    for (const tone of [600, 700, 800, 900, 1000]) {
      await add(tone);
      run(10);
      mixer.removeTrack(`${tone}`);
      run(5);
    }
    const sound = phone.sound(10);
    t.equal(phone.frames.length, 100, 'one frame per tick');
    t.ok(phone.frames.every((frame) => frame.length === rate / 50));
    t.equal(dropOuts(sound), 0);
    t.ok(Math.abs(toneLevel(sound, 440) - 0.3) < 0.03);
    t.ok(toneLevel(phone.sound(97), 1000) < 0.02, 'the last one has left');
    await mixer.close();
  });
}

t.test('each phone hears all but its own track', async (t) => {
  const { mixer, add, run } = open();
  const phones = [new ListeningPhone(8000), new ListeningPhone(48_000), new ListeningPhone(8000)];
  for (const [index, phone] of phones.entries()) {
    await add(400 + index * 300);
    mixer.addPhone(phone);
    mixer.setTrack(phone, `${400 + index * 300}`);
  }
  run(60);
  for (const [index, phone] of phones.entries()) {
    const levels = [400, 700, 1000].map((tone) => toneLevel(phone.sound(20), tone));
    t.ok((levels[index] ?? 1) < 0.01, `${levels}`);
    t.ok(
      levels.every((level, other) => other === index || level > 0.2),
      `${levels}`,
    );
  }
  await mixer.close();
});

t.test('a track is decoded at the rates at which somebody hears it', async (t) => {
  const { mixer, tracks, add, run } = open();
  await add(400);
  await add(700);
  run(1);
  t.same(tracks.get('400')?.rates, []);
  const [narrow, wide] = [new ListeningPhone(8000), new ListeningPhone()];
  mixer.addPhone(narrow);
  mixer.addPhone(wide);
  mixer.setTrack(narrow, '400');
  run(1);
  t.same(tracks.get('400')?.rates, [], 'nobody hears it but its own sender');
  t.same(tracks.get('700')?.rates, [8000]);
  wide.rate = 48_000;
  run(1);
  t.same(tracks.get('400')?.rates, [48_000]);
  t.same(tracks.get('700')?.rates, [8000, 48_000]);
  mixer.removePhone(narrow);
  run(1);
  t.same(tracks.get('700')?.rates, [48_000]);
  t.equal(narrow.frames.length, 2);
  await mixer.close();
});

t.test('a phone on hold gets nothing, and the mix again when it is resumed', async (t) => {
  const { mixer, add, run } = open();
  await add(440);
  const phone = new ListeningPhone(8000);
  mixer.addPhone(phone);
  run(20);
  phone.rate = undefined;
  run(20);
  t.equal(phone.frames.length, 20);
  phone.rate = 8000;
  run(30);
  t.equal(phone.frames.length, 50);
  t.ok(toneLevel(phone.sound(30), 440) > 0.25);
  await mixer.close();
});

t.test('a phone hears silence in a room without tracks', async (t) => {
  const { mixer, run } = open();
  const phone = new ListeningPhone(8000);
  mixer.addPhone(phone);
  run(10);
  t.equal(phone.frames.length, 10);
  t.ok(phone.frames.every((frame) => frame.every((sample) => sample === 0)));
  await mixer.close();
});

t.test('a phone that fails is reported once, and the others hear the room', async (t) => {
  const { mixer, errors, add, run } = open();
  await add(440);
  const broken = {
    rate: 8000 as const,
    skip: () => undefined,
    play: () => {
      throw new Error('broken');
    },
  };
  const phone = new ListeningPhone(8000);
  mixer.addPhone(broken);
  mixer.addPhone(phone);
  run(30);
  t.equal(errors.length, 1);
  t.ok(toneLevel(phone.sound(10), 440) > 0.25);
  await mixer.close();
});

t.test('there are no more than 500 tracks, each once; one that is removed is closed with the next tick', async (t) => {
  const clock = new HeldClock();
  let [opened, closed] = [0, 0];
  const openTrack = () => {
    opened += 1;
    return {
      listen: async () => 1,
      use: () => undefined,
      pull: () => undefined,
      close: async () => {
        closed += 1;
      },
    };
  };
  const mixer = new RoomMixer({ clock, meter: new MixerMeter(), onError: () => undefined, openTrack });
  for (let id = 1; id <= 500; id += 1) await mixer.addTrack(`${id}`, stream);
  t.equal(await mixer.addTrack('500', stream), undefined);
  t.equal(await mixer.addTrack('501', stream), undefined);
  t.equal(opened, 500);
  mixer.removeTrack('500');
  mixer.removeTrack('500');
  t.equal(closed, 0);
  clock.advance(20);
  t.equal(closed, 1);
  t.equal(await mixer.addTrack('501', stream), 1);
  mixer.removeTrack('501');
  await mixer.close();
  await mixer.close();
  t.equal(closed, 501);
});

t.test('phones are told of the ticks that are left out', async (t) => {
  const [clock, meter, phone] = [new LateClock(), new MixerMeter(), new ListeningPhone(8000)];
  const mixer = new RoomMixer({ clock, meter, onError: () => undefined });
  mixer.addPhone(phone);
  clock.runAt(1000);
  await mixer.close();
  t.equal(phone.frames.length + phone.skipped, 50);
  t.equal(phone.skipped, 45);
  t.equal(meter.take().skipped, 45);
});

t.test('ticks are counted until the mixer is closed', async (t) => {
  const { clock, meter, mixer } = open();
  clock.advance(100);
  t.equal(meter.take().lateness[0], 5);
  await mixer.close();
  clock.advance(100);
  t.equal(meter.take().lateness[0], 0);
  t.equal(clock.pending, 0);
});
