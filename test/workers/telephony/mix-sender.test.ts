import t from 'tap';
import type { NegotiatedMedia } from '../../../src/component/sip/media/negotiated-media.ts';
import { parseRtp, type RtpPacket, timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import { keyOf, readTelephoneEvent } from '../../../src/media/rtp/telephone-event.ts';
import { MixSender } from '../../../workers/telephony/mix-sender.ts';
import { HeldClock } from '../../clock/held-clock.ts';

const pcma: NegotiatedMedia = {
  ...{ remote: { address: '127.0.0.1', port: 9 }, rtcpMux: true, codec: 'pcma', payloadType: 8 },
  ...{ dtmfPayloadType: 101, dtmfClockRate: 8000, packetTime: 20, sending: true, receiving: true },
};

class Mix {
  readonly clock = new HeldClock(5000);
  readonly packets: RtpPacket[] = [];
  readonly sender: MixSender;

  constructor(media: NegotiatedMedia) {
    this.sender = new MixSender(media, this.clock, (bytes) => {
      const packet = parseRtp(bytes);
      if (packet) this.packets.push(packet);
    });
  }

  play(ticks: number): void {
    for (let tick = 0; tick < ticks; tick += 1) {
      this.sender.play(new Int16Array(this.sender.rate / 50));
      this.clock.advance(20);
    }
  }

  /** Ticks of the clock from the first packet to each. */
  get times(): number[] {
    return this.packets.map(({ timestamp }) => timestampDistance(this.packets[0]?.timestamp ?? 0, timestamp));
  }

  get markers(): number[] {
    return this.packets.flatMap(({ marker }, index) => (marker ? [index] : []));
  }

  get numbersRise(): boolean {
    const first = this.packets[0]?.sequenceNumber ?? 0;
    return this.packets.every(({ sequenceNumber }, index) => sequenceNumber === ((first + index) & 0xffff));
  }
}

t.test('nothing is sent on hold; afterwards timestamps go on by the time that passed', async (t) => {
  const mix = new Mix(pcma);
  mix.play(3);
  mix.sender.use({ ...pcma, sending: false });
  mix.play(10);
  mix.sender.use(pcma);
  mix.play(2);
  t.same(mix.times, [0, 160, 320, 2080, 2240]);
  t.same(mix.markers, [0, 3]);
  t.ok(mix.numbersRise);
  t.equal(new Set(mix.packets.map(({ ssrc }) => ssrc)).size, 1);
});

t.test('timestamps go on by the time of ticks that are left out', async (t) => {
  const mix = new Mix({ ...pcma, packetTime: 40 });
  mix.play(3);
  mix.sender.skip(5);
  mix.play(4);
  t.same(mix.times, [0, 480 + 800, 480 + 800 + 320]);
  t.same(mix.markers, [0, 1]);
  t.ok(mix.numbersRise);
});

t.test('half a packet is not sent after a hold', async (t) => {
  const mix = new Mix({ ...pcma, packetTime: 30 });
  mix.play(1);
  mix.sender.use({ ...pcma, packetTime: 30, sending: false });
  mix.sender.use({ ...pcma, packetTime: 30 });
  mix.play(2);
  t.same(
    mix.packets.map(({ payload }) => payload.length),
    [240],
  );
});

t.test('another codec is another stream, another packet time the same one', async (t) => {
  const mix = new Mix(pcma);
  mix.play(1);
  mix.sender.use({ ...pcma, packetTime: 40 });
  mix.play(2);
  mix.sender.use({ ...pcma, codec: 'opus', payloadType: 96, dtmfClockRate: 48_000 });
  t.equal(mix.sender.rate, 48_000);
  mix.play(2);
  const streams = [...new Set(mix.packets.map(({ ssrc }) => ssrc))];
  t.same(
    mix.packets.map(({ ssrc }) => streams.indexOf(ssrc)),
    [0, 0, 1, 1],
  );
  t.same(
    mix.packets.map(({ payloadType }) => payloadType),
    [8, 8, 96, 96],
  );
  t.equal(timestampDistance(mix.packets[2]?.timestamp ?? 0, mix.packets[3]?.timestamp ?? 0), 960);
});

t.test('keys take the place of the mix, which goes on at its time', async (t) => {
  const mix = new Mix(pcma);
  mix.play(2);
  const done = mix.sender.sendKeys('1', 60);
  mix.play(10);
  await done;
  const events = mix.packets.filter(({ payloadType }) => payloadType === 101);
  t.same(
    events.map(({ payload }) => readTelephoneEvent(payload)),
    [160, 320, 480, 480, 480].map((duration, index) => ({ event: 1, end: index > 1, volume: 10, duration })),
  );
  t.equal(keyOf({ event: 1 }), '1');
  // five ticks of packets, two of rest
  t.same(mix.times, [0, 160, 320, 320, 320, 320, 320, 320 + 7 * 160, 320 + 8 * 160, 320 + 9 * 160]);
  t.same(mix.markers, [0, 2, 7]);
  t.ok(mix.numbersRise);
});

t.test('a long key of 48 kHz has parts that follow one another', async (t) => {
  const opus: NegotiatedMedia = { ...pcma, codec: 'opus', payloadType: 96, dtmfClockRate: 48_000 };
  const mix = new Mix(opus);
  void mix.sender.sendKeys('#', 2000);
  mix.play(105);
  const events = mix.packets.filter(({ payloadType }) => payloadType === 101);
  t.same(
    [...new Set(events.map(({ timestamp }) => timestampDistance(events[0]?.timestamp ?? 0, timestamp)))],
    [0, 0xffff],
  );
  const last = events.at(-1);
  const end = timestampDistance(events[0]?.timestamp ?? 0, last?.timestamp ?? 0);
  t.equal(end + (readTelephoneEvent(last?.payload ?? Buffer.alloc(4))?.duration ?? 0), 96_000);
});

t.test('keys of a phone that takes none, or no longer, or of an ended call fail', async (t) => {
  const { dtmfPayloadType: _, ...none } = pcma;
  await t.rejects(new Mix(none).sender.sendKeys('1', 100), { code: 'no_common_codec' });
  const mix = new Mix(pcma);
  const keys = t.rejects(mix.sender.sendKeys('1', 100), { code: 'no_common_codec' });
  mix.sender.use(none);
  await keys;
  const ended = new Mix(pcma);
  const others = t.rejects(ended.sender.sendKeys('1', 100), { code: 'closed' });
  ended.sender.close();
  await others;
});
