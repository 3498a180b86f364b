import { Decoder, Encoder } from '@evan/opus';
import type { Test } from 'tap';
import type { NegotiatedMedia, PhoneCodec } from '../../../src/component/sip/media/negotiated-media.ts';
import { decodeG711, encodeG711 } from '../../../src/media/g711.ts';
import { isRtcp } from '../../../src/media/rtp/rtcp.ts';
import { parseRtp, type RtpPacket, serializeRtp, timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import { Phone, type PhoneOptions } from '../../../workers/telephony/phone.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { PortBlock } from '../../port-block.ts';
import type { Sound } from '../../tone.ts';
import { PacketSocket } from './packet-socket.ts';

const payloadTypes: Readonly<Record<PhoneCodec, number>> = { pcma: 8, pcmu: 0, opus: 96 };
export const dtmfPayloadType = 101;
/** Of the room's feed. */
export const roomSsrc = 0x1234_5678;
export const roomPayloadType = 97;

/** Packets on the way at once: fewer than what a socket holds. */
const burst = 40;

/** A phone that a test speaks through: RTP on a socket of its own, over the network of this machine. */
export class PhoneCall {
  readonly clock = new HeldClock(1_000_000);
  media: NegotiatedMedia;
  readonly phone: Phone;
  /** The other end of the call. */
  readonly far: PacketSocket;
  /** Where the room receives. */
  readonly room: PacketSocket;
  readonly keys: string[] = [];
  sequenceNumber = 65_500;
  timestamp = 0xffff_f000;
  ssrc = 77;
  #encoder: Encoder | undefined;

  private constructor(phone: Phone, far: PacketSocket, room: PacketSocket, media: NegotiatedMedia, clock: HeldClock) {
    this.phone = phone;
    this.far = far;
    this.room = room;
    this.media = media;
    this.clock = clock;
    phone.observer.on('dtmf', (digit) => this.keys.push(digit));
  }

  /** A call that has been answered. */
  static async open(
    t: Test,
    changes: Partial<NegotiatedMedia> = {},
    options: Partial<PhoneOptions> = {},
  ): Promise<PhoneCall> {
    const [far, room, block] = await Promise.all([PacketSocket.open(t), PacketSocket.open(t), PortBlock.claim(t)]);
    const clock = new HeldClock(1_000_000);
    const phone = await Phone.open({ listenAddress: '127.0.0.1', ports: block, clock, cname: 'phone', ...options });
    t.teardown(() => phone.close());
    const codec = changes.codec ?? 'pcma';
    const media: NegotiatedMedia = {
      ...{ remote: { address: '127.0.0.1', port: far.port }, rtcpMux: true, codec },
      ...{ payloadType: payloadTypes[codec], dtmfPayloadType, dtmfClockRate: 8000, packetTime: 20 },
      ...{ sending: true, receiving: true },
      ...changes,
    };
    phone.use(media);
    await phone.join({ port: room.port, ssrc: roomSsrc, payloadType: roomPayloadType });
    return new PhoneCall(phone, far, room, media, clock);
  }

  get rate(): 8000 | 48_000 {
    return this.media.codec === 'opus' ? 48_000 : 8000;
  }

  /** What the phone sends next. Its numbers advance. */
  packet(payload: Buffer, duration: number, change: Partial<RtpPacket> = {}): Buffer {
    const { sequenceNumber, timestamp, ssrc } = this;
    this.sequenceNumber = (sequenceNumber + 1) & 0xffff;
    this.timestamp = (timestamp + duration) >>> 0;
    const fields = { payloadType: this.media.payloadType, ssrc, sequenceNumber, timestamp, marker: false };
    return serializeRtp({ ...fields, payload, ...change });
  }

  /** A packet that is not one of the phone's, with a number that is not its next. */
  strange(change: Partial<RtpPacket> = { ssrc: 1 }): Buffer {
    const fields = { payloadType: this.media.payloadType, sequenceNumber: 1, timestamp: 0, marker: false };
    return serializeRtp({ ...fields, ssrc: this.ssrc, payload: Buffer.alloc(160, 0xd5), ...change });
  }

  /** The packets of a sound. @param packetTime in ms */
  packetsOf({ samples }: Sound, packetTime = 20): Buffer[] {
    const length = (this.rate * packetTime) / 1000;
    return Array.from({ length: Math.floor(samples.length / length) }, (_, index) =>
      this.packet(this.#encode(samples.slice(index * length, (index + 1) * length)), length),
    );
  }

  /** Sends packets to our port. */
  async say(packets: readonly Buffer[]): Promise<void> {
    for (const [index, packet] of packets.entries()) {
      await this.far.send(packet, this.phone.port);
      // lets the other side read
      if (index % burst === burst - 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits until our side has read all that was said: one more packet, that of a stranger, is counted. */
  async whenRead(): Promise<void> {
    const before = this.phone.strangers;
    await this.say([this.strange({ payloadType: 34 })]);
    while (this.phone.strangers === before) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The room plays a sound to the phone, in ticks of 20 ms. */
  async hear({ samples, rate }: Sound): Promise<void> {
    const length = rate / 50;
    for (let at = 0; at + length <= samples.length; at += length) {
      this.phone.play(samples.subarray(at, at + length));
      this.clock.advance(20);
      if (at % (burst * length) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits until the phone got so many packets of RTP, and the room. */
  async whenArrived({ heard = 0, said = 0 }): Promise<void> {
    const counted = (socket: PacketSocket, count: number) =>
      count > 0 && socket.when(() => rtpOf(socket.packets).length >= count);
    await Promise.all([counted(this.far, heard), counted(this.room, said)]);
  }

  /** RTP at the phone, in the order of arrival. */
  get heard(): RtpPacket[] {
    return rtpOf(this.far.packets);
  }

  /** RTP in the room. */
  get said(): RtpPacket[] {
    return rtpOf(this.room.packets);
  }

  /** What the phone plays. */
  get heardSound(): Sound {
    const { codec, payloadType } = this.media;
    const voice = this.heard.filter((packet) => packet.payloadType === payloadType);
    if (codec === 'opus') return decodeOpus(voice);
    const parts = voice.map(({ payload }) => decodeG711(codec, payload));
    return { rate: 8000, samples: joined(parts) };
  }

  /** What the room hears, losses as silence. */
  get saidSound(): Sound {
    return decodeOpus(this.said);
  }

  #encode(samples: Int16Array): Buffer {
    const { codec } = this.media;
    if (codec !== 'opus') return encodeG711(codec, samples);
    this.#encoder ??= new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
    return Buffer.from(this.#encoder.encode(samples));
  }
}

/** @param bytes of both RTP and RTCP */
export function rtpOf(bytes: readonly Buffer[]): RtpPacket[] {
  return bytes.filter((packet) => !isRtcp(packet)).map((packet) => parseRtp(packet) ?? raise(packet));
}

/** Decodes Opus packets to one channel, each at its timestamp. */
export function decodeOpus(packets: readonly RtpPacket[]): Sound {
  const decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
  const [first] = packets;
  if (!first) return { rate: 48_000, samples: new Int16Array() };
  const parts = packets.map(({ payload, timestamp }) => {
    const bytes = decoder.decode(payload);
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    return { at: timestampDistance(first.timestamp, timestamp), samples };
  });
  const length = Math.max(...parts.map(({ at, samples }) => at + samples.length));
  const samples = new Int16Array(length);
  for (const part of parts) if (part.at >= 0) samples.set(part.samples, part.at);
  return { rate: 48_000, samples };
}

function joined(parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

function raise(packet: Buffer): never {
  throw new Error(`This is no RTP: ${packet.toString('hex')}`);
}
