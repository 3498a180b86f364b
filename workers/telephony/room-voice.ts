import type { Clock } from '../../src/clock/clock.ts';
import type { PhoneCodec } from '../../src/component/sip/media/negotiated-media.ts';
import { g711SampleRate } from '../../src/media/g711.ts';
import { opusDuration } from '../../src/media/rtp/opus-packet.ts';
import { OpusTranscoder } from '../../src/media/rtp/opus-transcoder.ts';
import { OutgoingStream, type PacketTarget } from '../../src/media/rtp/outgoing-stream.ts';
import { toNtpTime } from '../../src/media/rtp/rtcp.ts';
import { type RtpPacket, timestampDistance } from '../../src/media/rtp/rtp-packet.ts';

const roomRate = 48_000;
/** Interval of sender reports, in ms. */
const reportInterval = 2000;
/** Time from the first packet to the first report, in ms: until then receivers have nothing but the arrival of packets. */
const firstReport = 200;
/** Maximum length of an Opus packet (RFC 6716 3.2.5), in bytes. */
const maxOpusLength = 1275 * 6;
/** Duration of a frame that is made here, in samples of 48 kHz. */
const frameDuration = 960;

type VoicePacket = Pick<RtpPacket, 'payload' | 'timestamp' | 'marker'>;

/** What the phone says, as a track of the room: G.711 transcoded to Opus, Opus as it is. */
export class RoomVoice {
  readonly #stream: OutgoingStream;
  readonly #target: PacketTarget;
  readonly #clock: Clock;
  #codec: PhoneCodec;
  #transcoder: OpusTranscoder | undefined;
  /** Whether the room hears it. */
  #audible = true;
  /** Whether the next packet is the first after a pause. */
  #marker = true;
  /** Timestamp of the phone at which its next packet begins, unless it pauses. */
  #next: number | undefined;
  /** The packet since the last report that came earliest for its timestamp: its instant on our clock. */
  #earliest: { readonly timestamp: number; readonly at: number } | undefined;
  #reportedAt: number | undefined;

  constructor(codec: PhoneCodec, target: PacketTarget, clock: Clock) {
    this.#stream = new OutgoingStream(target, clock);
    this.#target = target;
    this.#clock = clock;
    this.#codec = codec;
    this.use(codec);
  }

  /** Changes the codec of the phone. */
  use(codec: PhoneCodec): void {
    this.#codec = codec;
    const encoding = codec === 'opus' ? undefined : codec;
    const format = encoding && { encoding, rate: g711SampleRate, channels: 1 };
    this.#transcoder = format && new OpusTranscoder(format, this.#stream);
    this.restart();
  }

  setAudible(audible: boolean): void {
    if (audible && !this.#audible) this.#marker = true;
    this.#audible = audible;
    if (!audible) this.#transcoder?.restart();
  }

  /** The phone's timestamps begin again. */
  restart(): void {
    this.#transcoder?.restart();
    this.#stream.timeline.restart(this.#codec === 'opus' ? roomRate : g711SampleRate);
    this.#earliest = undefined;
    this.#next = undefined;
  }

  /** @param lost number of packets lost before it @param at its arrival, in ms of the monotonic clock */
  push(packet: VoicePacket, lost: number, at: number): void {
    if (!this.#audible) return;
    const { payload, timestamp } = packet;
    const opus = this.#codec === 'opus';
    const duration = opus ? opusDuration(payload) : payload.length;
    // packets are in order: timestamps that go back begin again; those of some phones are a few samples off
    if (this.#next !== undefined && timestampDistance(this.#next, timestamp) < -duration / 4) this.restart();
    const paused = lost === 0 && this.#next !== undefined && timestampDistance(this.#next, timestamp) >= duration;
    this.#next = (timestamp + duration) >>> 0;
    if (packet.marker || paused) this.#marker = true;
    const { sent } = this.#stream;
    if (opus) this.#pass(packet, duration, lost);
    else this.#transcoder?.push({ payload, timestamp, marker: this.#marker }, lost);
    if (this.#stream.sent === sent) return;
    this.#marker = false;
    const length = opus ? duration : frameDuration;
    this.#clockIn(this.#stream.timeline.last, at - (length * 1000) / roomRate);
  }

  #pass({ payload, timestamp }: VoicePacket, duration: number, lost: number): void {
    this.#stream.skip(lost);
    if (duration === 0 || payload.length > maxOpusLength) return;
    this.#stream.send({ payload, timestamp: this.#stream.timeline.take(timestamp), marker: this.#marker });
  }

  /**
   * Tells receivers which instant a timestamp is. Packets come late, never early: the earliest one of an interval is the nearest to the
   * phone's clock.
   */
  #clockIn(timestamp: number, at: number): void {
    const { timestamp: from, at: since } = this.#earliest ?? { timestamp, at };
    const expected = since + (timestampDistance(from, timestamp) * 1000) / roomRate;
    if (!this.#earliest || at < expected) this.#earliest = { timestamp, at };
    this.#reportedAt ??= at - reportInterval + firstReport;
    if (at - this.#reportedAt < reportInterval) return;
    this.#reportedAt = at;
    const passed = at - this.#earliest.at;
    const now = (this.#earliest.timestamp + Math.round((passed * roomRate) / 1000)) >>> 0;
    this.#target.report(toNtpTime(this.#clock.now() - (this.#clock.monotonic() - at)), now);
    this.#earliest = undefined;
  }
}
