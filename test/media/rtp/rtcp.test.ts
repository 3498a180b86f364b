import t from 'tap';
import {
  PictureLossIndication,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  type RtcpRrPacket,
  RtcpSenderInfo,
  type RtcpSourceDescriptionPacket,
  RtcpSrPacket,
} from 'werift';
import {
  asksForKeyframe,
  isRtcp,
  readSenderReports,
  toNtpTime,
  writeGoodbye,
  writePictureLoss,
  writeReceiverReport,
  writeSenderReport,
  writeSourceDescription,
} from '../../../src/media/rtp/rtcp.ts';

const report = { ssrc: 7, ntpTime: 2n ** 63n + 5n, rtpTimestamp: 90_000, packetCount: 3, octetCount: 300 };

t.test('sender reports are written and read', async (t) => {
  const [parsed] = RtcpPacketConverter.deSerialize(writeSenderReport(report)) as [RtcpSrPacket];
  t.equal(parsed.ssrc, 7);
  t.match(parsed.senderInfo, { rtpTimestamp: 90_000, packetCount: 3, octetCount: 300 });
  t.equal(parsed.senderInfo.ntpTimestamp, report.ntpTime);
  const { ssrc, ntpTime: ntpTimestamp, ...counts } = report;
  const foreign = new RtcpSrPacket({ ssrc, senderInfo: new RtcpSenderInfo({ ntpTimestamp, ...counts }) }).serialize();
  t.same(readSenderReports(Buffer.concat([writeReceiverReport(1), foreign])), [report]);
});

t.test('receiver reports are read by others', async (t) => {
  const block = {
    ...{ ssrc: 0xffff_fff0, fractionLost: 255, lost: -2, highestSequenceNumber: 0x1_0005, jitter: 77 },
    ...{ lastSenderReport: 0x8000_0001, sinceSenderReport: 65_536 },
  };
  for (const name of ['', 'a', 'ab', 'abc', 'shoal-4294967295']) {
    const compound = Buffer.concat([writeReceiverReport(5, block), writeSourceDescription(5, name)]);
    t.equal(compound.length % 4, 0);
    const [report, description] = RtcpPacketConverter.deSerialize(compound) as [
      RtcpRrPacket,
      RtcpSourceDescriptionPacket,
    ];
    t.match(report, {
      ssrc: 5,
      reports: [{ ssrc: block.ssrc, fractionLost: 255, highestSequence: 0x1_0005, jitter: 77 }],
    });
    t.match(report.reports[0], { packetsLost: 0xff_ff_fe, lsr: 0x8000_0001, dlsr: 65_536 });
    t.match(description.chunks, [{ source: 5, items: [{ type: 1, text: name }] }]);
  }
});

t.test('a sender reports what it receives, too, and says goodbye', async (t) => {
  const block = {
    ...{ ssrc: 9, fractionLost: 1, lost: 3, highestSequenceNumber: 5, jitter: 77 },
    ...{ lastSenderReport: 6, sinceSenderReport: 8 },
  };
  const compound = Buffer.concat([writeSenderReport(report, block), writeGoodbye(7)]);
  const [parsed] = RtcpPacketConverter.deSerialize(compound) as [RtcpSrPacket];
  t.match(parsed.senderInfo, { rtpTimestamp: 90_000, packetCount: 3 });
  t.match(parsed.reports, [
    { ssrc: 9, fractionLost: 1, packetsLost: 3, highestSequence: 5, jitter: 77, lsr: 6, dlsr: 8 },
  ]);
  t.same(readSenderReports(compound), [report]);
  t.same(compound.subarray(-8), Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7]));
});

t.test('RTCP is told from RTP on the same port', async (t) => {
  t.ok([writeSenderReport(report), writeReceiverReport(1), writeGoodbye(1), writePictureLoss(1, 2)].every(isRtcp));
  // payload types 0 to 63 and 96 to 127, with and without the marker
  t.notOk([0, 8, 63, 96, 127, 128, 136, 191, 224, 255].some((type) => isRtcp(Buffer.from([0x80, type]))));
  t.notOk(isRtcp(Buffer.alloc(0)));
});

t.test('keyframe requests are recognised', async (t) => {
  const [, feedback] = RtcpPacketConverter.deSerialize(writePictureLoss(1, 2)) as [
    unknown,
    RtcpPayloadSpecificFeedback,
  ];
  t.match(feedback.feedback, { senderSsrc: 1, mediaSsrc: 2 });
  const pictureLoss = new PictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 });
  const foreign = new RtcpPayloadSpecificFeedback({ feedback: pictureLoss }).serialize();
  const fullIntraRequest = Buffer.from('84ce0004000000010000000200000002010000', 'hex');
  for (const feedback of [foreign, Buffer.concat([fullIntraRequest, Buffer.alloc(1)])]) {
    t.ok(asksForKeyframe(Buffer.concat([writeReceiverReport(1), feedback])));
  }
  t.notOk(asksForKeyframe(writeSenderReport(report)));
});

t.test('malformed compounds are read up to the error', async (t) => {
  const good = writeSenderReport(report);
  t.equal(readSenderReports(Buffer.concat([good, good.subarray(0, 20)])).length, 1, 'cut off');
  t.equal(readSenderReports(Buffer.concat([good, Buffer.from([1, 2, 3, 4])])).length, 1, 'another version');
  t.equal(readSenderReports(Buffer.from([0x80, 200, 0, 0])).length, 0, 'a report without a body');
  const thousands = Buffer.alloc(64_000);
  for (let at = 0; at < thousands.length; at += 4) thousands.writeUInt32BE(0x84ce0000, at);
  t.ok(asksForKeyframe(thousands));
});

t.test('NTP time is converted', async (t) => {
  t.equal(toNtpTime(0), 2_208_988_800n << 32n);
  t.equal(toNtpTime(1500), (2_208_988_801n << 32n) | 0x80000000n);
});
