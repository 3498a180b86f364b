/** The RTCP packets that are read and written (RFC 3550 section 6, RFC 4585 section 6.3.1, RFC 5104 section 4.3.1). */

const senderReportType = 200;
const receiverReportType = 201;
const sourceDescriptionType = 202;
const goodbyeType = 203;
const payloadFeedbackType = 206;
const pictureLoss = 1;
const fullIntraRequest = 4;
/** Length of a report block, in bytes. */
const blockLength = 24;
/** Seconds from 1900, the origin of NTP time, to 1970. */
const ntpOffset = 2_208_988_800n;

/** The content of a sender report. */
export interface SenderReport {
  readonly ssrc: number;
  /** NTP time, 32.32 bits. */
  readonly ntpTime: bigint;
  /** The same instant as an RTP timestamp. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
}

/** What a receiver reports about a stream (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  /** Of the stream. */
  readonly ssrc: number;
  /** Of the packets since the last report, in 256ths. */
  readonly fractionLost: number;
  /** Number of packets lost in all: 24 bits with a sign. */
  readonly lost: number;
  /** With the number of wraps in its upper 16 bits. */
  readonly highestSequenceNumber: number;
  /** In ticks of the stream's clock. */
  readonly jitter: number;
  /** The middle 32 bits of the NTP time of the last sender report; 0: there was none. */
  readonly lastSenderReport: number;
  /** Time since the arrival of that report, in 65536ths of a second. */
  readonly sinceSenderReport: number;
}

/** The instant of an RTP timestamp, as reported by its sender. */
export interface ClockReport {
  /** Milliseconds on the sender's clock. */
  readonly instant: number;
  /** RTP timestamp, 32 bits. */
  readonly timestamp: number;
  /** Time since its arrival, in ms. */
  readonly age: number;
}

/** One packet of a compound. */
interface RtcpPacket {
  readonly type: number;
  /** Report count or feedback message type. */
  readonly count: number;
  /** Without the first four bytes. */
  readonly body: Buffer;
}

/** Splits a compound packet; stops at the first malformed packet. */
function* packetsOf(compound: Buffer): Generator<RtcpPacket> {
  for (let position = 0; position + 4 <= compound.length; ) {
    const first = compound.readUInt8(position);
    const end = position + 4 + 4 * compound.readUInt16BE(position + 2);
    if (first >> 6 !== 2 || end > compound.length) return;
    const body = compound.subarray(position + 4, end);
    yield { type: compound.readUInt8(position + 1), count: first & 0x1f, body };
    position = end;
  }
}

/** The sender reports in a compound packet. */
export function readSenderReports(compound: Buffer): SenderReport[] {
  const reports: SenderReport[] = [];
  for (const { type, body } of packetsOf(compound)) {
    if (type !== senderReportType || body.length < 24) continue;
    reports.push({
      ssrc: body.readUInt32BE(0),
      ntpTime: body.readBigUInt64BE(4),
      rtpTimestamp: body.readUInt32BE(12),
      packetCount: body.readUInt32BE(16),
      octetCount: body.readUInt32BE(20),
    });
  }
  return reports;
}

/** Whether a compound packet requests a keyframe. */
export function asksForKeyframe(compound: Buffer): boolean {
  for (const { type, count } of packetsOf(compound)) {
    if (type === payloadFeedbackType && (count === pictureLoss || count === fullIntraRequest)) return true;
  }
  return false;
}

/** A sender report, without or with a report of what is received in return. */
export function writeSenderReport(report: SenderReport, block?: ReportBlock): Buffer {
  const bytes = Buffer.alloc(block ? 28 + blockLength : 28);
  writeHeader(bytes, block ? 1 : 0, senderReportType);
  bytes.writeUInt32BE(report.ssrc, 4);
  bytes.writeBigUInt64BE(report.ntpTime, 8);
  bytes.writeUInt32BE(report.rtpTimestamp, 16);
  bytes.writeUInt32BE(report.packetCount, 20);
  bytes.writeUInt32BE(report.octetCount, 24);
  if (block) writeBlock(bytes, 28, block);
  return bytes;
}

/** A receiver report. Without a report block it shows that there is a receiver. */
export function writeReceiverReport(ssrc: number, block?: ReportBlock): Buffer {
  const bytes = Buffer.alloc(block ? 8 + blockLength : 8);
  writeHeader(bytes, block ? 1 : 0, receiverReportType);
  bytes.writeUInt32BE(ssrc, 4);
  if (block) writeBlock(bytes, 8, block);
  return bytes;
}

function writeBlock(bytes: Buffer, at: number, block: ReportBlock): void {
  bytes.writeUInt32BE(block.ssrc, at);
  bytes.writeUInt8(block.fractionLost, at + 4);
  bytes.writeIntBE(block.lost, at + 5, 3);
  bytes.writeUInt32BE(block.highestSequenceNumber, at + 8);
  bytes.writeUInt32BE(block.jitter, at + 12);
  bytes.writeUInt32BE(block.lastSenderReport, at + 16);
  bytes.writeUInt32BE(block.sinceSenderReport, at + 20);
}

/** The end of a stream, which follows the report in a compound packet. */
export function writeGoodbye(ssrc: number): Buffer {
  const bytes = Buffer.alloc(8);
  writeHeader(bytes, 1, goodbyeType);
  bytes.writeUInt32BE(ssrc, 4);
  return bytes;
}

/** Whether a packet on a port of both RTP and RTCP is RTCP (RFC 5761 section 4). */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** A source description with a canonical name, which follows the report in a compound packet. @param name at most 255 bytes */
export function writeSourceDescription(ssrc: number, name: string): Buffer {
  const item = Buffer.concat([Buffer.from([1, Buffer.byteLength(name)]), Buffer.from(name)]);
  // a null byte ends the items, more of them fill the last word
  const bytes = Buffer.alloc(8 + 4 * Math.ceil((item.length + 1) / 4));
  writeHeader(bytes, 1, sourceDescriptionType);
  bytes.writeUInt32BE(ssrc, 4);
  item.copy(bytes, 8);
  return bytes;
}

/** A keyframe request (PLI), preceded by the receiver report that a compound packet requires. */
export function writePictureLoss(ssrc: number, mediaSsrc: number): Buffer {
  const bytes = Buffer.alloc(12);
  writeHeader(bytes, pictureLoss, payloadFeedbackType);
  bytes.writeUInt32BE(ssrc, 4);
  bytes.writeUInt32BE(mediaSsrc, 8);
  return Buffer.concat([writeReceiverReport(ssrc), bytes]);
}

/** Converts to NTP time, 32.32 bits. @param time in ms since the Unix epoch */
export function toNtpTime(time: number): bigint {
  const seconds = Math.floor(time / 1000);
  const fraction = Math.floor(((time - seconds * 1000) / 1000) * 2 ** 32);
  return ((BigInt(seconds) + ntpOffset) << 32n) | BigInt(fraction);
}

function writeHeader(bytes: Buffer, count: number, type: number): void {
  bytes.writeUInt8(0x80 | count, 0);
  bytes.writeUInt8(type, 1);
  bytes.writeUInt16BE(bytes.length / 4 - 1, 2);
}
