import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { NegotiatedMedia } from '../../src/component/sip/media/negotiated-media.ts';
import { writeReceiverReport, writeSenderReport, writeSourceDescription } from '../../src/media/rtp/rtcp.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { SrtpSender } from '../../src/media/rtp/srtp.ts';
import { writeTelephoneEvent } from '../../src/media/rtp/telephone-event.ts';
import { dtmfPayloadType, PhoneCall } from '../workers/telephony/phone-call.ts';
import { mutatedBytes } from './mutation.ts';
import { fuzz } from './rounds.ts';

const suite = 'AES_CM_128_HMAC_SHA1_32';
const [local, remote] = [randomBytes(30).toString('base64'), randomBytes(30).toString('base64')];
const ssrc = 77;
const report = { ssrc, ntpTime: 1n, rtpTimestamp: 1, packetCount: 1, octetCount: 1 };
const reports = [
  Buffer.concat([writeSenderReport(report), writeSourceDescription(ssrc, 'a phone')]),
  writeReceiverReport(ssrc, {
    ...{ ssrc: 1, fractionLost: 0, lost: 0, highestSequenceNumber: 1, jitter: 0, lastSenderReport: 0 },
    sinceSenderReport: 0,
  }),
];

const kinds: readonly (readonly [title: string, media: Partial<NegotiatedMedia>])[] = [
  ['G.711', { codec: 'pcma' }],
  ['Opus', { codec: 'opus', rtcpMux: false }],
  ['encrypted', { codec: 'pcmu', srtp: { suite, local, remote } }],
];

for (const [title, media] of kinds) {
  t.test(`a phone that sends anything at all: ${title}`, async (t) => {
    const call = await PhoneCall.open(t, media);
    const sender = new SrtpSender({ suite, key: remote });
    const sealed = (packet: Buffer) => (media.srtp ? sender.rtp(packet) : packet);
    const voice = media.codec === 'opus' ? Buffer.from([0xfc, 0xff, 0xfe]) : Buffer.alloc(160, 0xd5);
    const below = (random: () => number, count: number) => Math.floor(random() * count);

    /** A packet of the phone with anything in it. */
    const next = (random: () => number): Buffer => {
      const change: Partial<RtpPacket> = {
        ...(random() < 0.1 && { sequenceNumber: below(random, 65_536) }),
        ...(random() < 0.1 && { timestamp: below(random, 2 ** 32) }),
        ...(random() < 0.05 && { ssrc: below(random, 200) }),
        marker: random() < 0.1,
      };
      if (random() < 0.6) return call.packet(random() < 0.5 ? voice : mutatedBytes(random, voice), 160, change);
      if (random() < 0.1) return call.packet(Buffer.from([60]), 160, { ...change, payloadType: 13 });
      const event = writeTelephoneEvent({
        ...{ event: below(random, 20), end: random() < 0.5, volume: 10, duration: below(random, 65_536) },
      });
      const payload = random() < 0.7 ? event : mutatedBytes(random, event);
      return call.packet(payload, 160, { ...change, payloadType: dtmfPayloadType });
    };

    await fuzz(t, 1500, async (random) => {
      const report = reports[below(random, reports.length)] ?? voice;
      const packet = random() < 0.2 ? report : next(random);
      const bytes =
        packet.length < 2000 && (packet === report || random() < 0.5) ? mutatedBytes(random, packet) : packet;
      const whole =
        random() < 0.3 && packet !== report ? mutatedBytes(random, attempt(() => sealed(packet)) ?? bytes) : bytes;
      await call.far.send(whole.subarray(0, 60_000), call.phone.port + (random() < 0.1 ? 1 : 0));
      if (random() < 0.1) call.clock.advance(20 * below(random, 20));
      if (random() < 0.1) call.phone.play(new Int16Array(call.rate / 50));
      call.room.packets.length = 0;
      call.far.packets.length = 0;
    });

    t.ok(call.phone.strangers > 0);
    await call.whenRead();
    call.room.packets.length = 0;
    // the call goes on, as a new source
    Object.assign(call, { ssrc: 1000, sequenceNumber: 5, timestamp: 7 });
    await call.say([1, 2, 3].map(() => sealed(call.packet(voice, 160))));
    await call.whenArrived({ said: 3 });
    t.ok(call.keys.every((key) => /^[0-9*#A-D]$/.test(key)));
  });
}

/** What a number that was used already has no packet of. */
function attempt<Result>(make: () => Result): Result | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
