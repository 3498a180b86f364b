import { Decoder } from '@evan/opus';
import t from 'tap';
import { encodeG711 } from '../../../src/media/g711.ts';
import { toNtpTime } from '../../../src/media/rtp/rtcp.ts';
import { timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import { RoomVoice } from '../../../workers/telephony/room-voice.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';
import { sine } from '../../tone.ts';

const payload = encodeG711('pcma', sine(700, 20, 8000).samples);

/** A phone that speaks in packets of 20 ms. */
class Speaker {
  readonly clock = new HeldClock(1_000_000);
  readonly target = new RecordedTarget(48_000);
  readonly voice = new RoomVoice('pcma', this.target, this.clock);
  timestamp = 1000;

  /** @param jitter of the arrival of each packet, in ms */
  speak(packets: number, { lost = 0, marker = false, jitter = (): number => 0 } = {}): void {
    this.timestamp = (this.timestamp + lost * 160) >>> 0;
    for (let index = 0; index < packets; index += 1) {
      const at = this.clock.monotonic() + jitter();
      this.voice.push(
        { payload, timestamp: this.timestamp, marker: marker && index === 0 },
        index === 0 ? lost : 0,
        at,
      );
      this.rest(20);
    }
  }

  /** Time passes for the phone, too. @param duration in ms */
  rest(duration: number): void {
    this.timestamp = (this.timestamp + duration * 8) >>> 0;
    this.clock.advance(duration);
  }

  /** From the first packet, in ms. */
  get times(): number[] {
    const { packets } = this.target;
    return packets.map(({ timestamp }) => timestampDistance(packets[0]?.timestamp ?? 0, timestamp) / 48);
  }

  get markers(): number[] {
    return this.target.packets.flatMap(({ marker }, index) => (marker ? [index] : []));
  }
}

t.test('losses leave gaps in numbers and timestamps', async (t) => {
  const speaker = new Speaker();
  speaker.speak(2);
  speaker.speak(2, { lost: 3 });
  t.same(speaker.target.numbers, [0, 1, 5, 6]);
  t.same(speaker.times, [0, 20, 100, 120]);
});

t.test('silence of the phone leaves a gap in timestamps only', async (t) => {
  const speaker = new Speaker();
  speaker.speak(2);
  speaker.rest(40_000);
  speaker.speak(2, { marker: true });
  t.same(speaker.target.numbers, [0, 1, 2, 3]);
  t.same(speaker.times, [0, 20, 40_040, 40_060]);
  t.same(speaker.markers, [0, 2]);
});

t.test('when the timestamps of the phone jump, those in the room go on', async (t) => {
  const speaker = new Speaker();
  speaker.speak(2);
  speaker.timestamp = 0x7fff_0000;
  speaker.speak(3);
  t.same(speaker.times, [0, 20, 40, 60, 80]);
});

t.test('when the timestamps of the phone go back a little, or stand still, those in the room go on', async (t) => {
  const speaker = new Speaker();
  speaker.speak(3);
  speaker.timestamp -= 320;
  speaker.speak(2);
  for (let packet = 0; packet < 2; packet += 1) {
    speaker.timestamp = 1160;
    speaker.speak(1);
  }
  t.same(speaker.times, [0, 20, 40, 60, 80, 100, 120]);
});

t.test('the timestamps of the phone wrap', async (t) => {
  const speaker = new Speaker();
  speaker.timestamp = 0xffff_ff00;
  speaker.speak(4);
  t.same(speaker.times, [0, 20, 40, 60]);
});

t.test('a phone that is not to be heard sends nothing into the room, and comes back in time', async (t) => {
  const speaker = new Speaker();
  speaker.speak(2);
  speaker.voice.setAudible(false);
  speaker.speak(50);
  t.equal(speaker.target.packets.length, 2);
  speaker.voice.setAudible(true);
  speaker.speak(2);
  t.same(speaker.times, [0, 20, 1040, 1060]);
  t.same(speaker.target.numbers, [0, 1, 2, 3]);
  t.same(speaker.markers, [0, 2]);
});

t.test('another codec of the phone is the same track', async (t) => {
  const speaker = new Speaker();
  speaker.speak(2);
  speaker.voice.use('opus');
  // 20 ms, stereo
  const opus = Buffer.from([0xfc, 0xff, 0xfe]);
  for (const timestamp of [5, 965]) {
    speaker.voice.push({ payload: opus, timestamp, marker: false }, 0, speaker.clock.monotonic());
    speaker.clock.advance(20);
  }
  speaker.voice.push({ payload: Buffer.alloc(0), timestamp: 1925, marker: false }, 0, speaker.clock.monotonic());
  t.same(speaker.times, [0, 20, 40, 60]);
  t.same(
    speaker.target.packets.slice(2).map(({ payload }) => payload),
    [opus, opus],
    'passed as it is',
  );
  speaker.voice.use('pcmu');
  speaker.speak(1);
  t.equal(speaker.target.packets.length, 5);
});

t.test('reports follow the clock of the phone, not the jitter of its packets', async (t) => {
  const speaker = new Speaker();
  // every tenth packet comes in time, the others up to 45 ms late
  const delays = Array.from({ length: 1000 }, (_, index) => (index % 10) * 5);
  speaker.speak(1000, { jitter: () => delays.pop() ?? 0 });
  const { reports, packets } = speaker.target;
  t.ok(reports.length >= 8, 'every 2 s');
  const first = packets[0]?.timestamp ?? 0;
  t.ok(timestampDistance(first, reports[0]?.rtpTimestamp ?? 0) < 300 * 48, 'the first one soon');
  const errors = reports.map(({ ntpTime, rtpTimestamp }) => {
    const passed = Number(((ntpTime - toNtpTime(1_000_000)) * 1000n) >> 32n);
    // the first sample of a packet is 20 ms older than the packet
    return passed + 20 - timestampDistance(first, rtpTimestamp) / 48;
  });
  t.ok(
    errors.every((error) => Math.abs(error) <= 5),
    errors.join(),
  );
});

t.test('the room hears the phone as it sounds, and no more than 5 ms later', async (t) => {
  const speaker = new Speaker();
  // from 300 to 2300 Hz
  const samples = Int16Array.from(
    { length: 3200 },
    (_, at) => 8000 * Math.sin((2 * Math.PI * at * (300 + 0.3125 * at)) / 8000),
  );
  for (let from = 0; from < samples.length; from += 160) {
    const part = encodeG711('pcma', samples.subarray(from, from + 160));
    speaker.voice.push(
      { payload: part, timestamp: speaker.timestamp, marker: from === 0 },
      0,
      speaker.clock.monotonic(),
    );
    speaker.rest(20);
  }
  const decoder = new Decoder({ channels: 1, sample_rate: 8000 });
  const heard = Int16Array.from(
    speaker.target.packets.flatMap(({ payload }) => {
      const bytes = decoder.decode(payload);
      return [...new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)];
    }),
  );
  const ratios = Array.from({ length: 41 }, (_, delay) => signalToNoise(samples, heard, delay));
  t.ok(Math.max(...ratios) > 15, 'it is the same waveform');
});

/** In dB, of the second half of a signal that is heard so many samples later. */
function signalToNoise(samples: Int16Array, heard: Int16Array, delay: number): number {
  let signal = 0;
  let noise = 0;
  for (let at = samples.length / 2; at < samples.length - 160; at += 1) {
    const sample = samples[at] ?? 0;
    signal += sample ** 2;
    noise += (sample - (heard[at + delay] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}
