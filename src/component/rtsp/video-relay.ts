import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { AccessUnit } from '../../media/rtp/access-unit-assembler.ts';
import { H264Depacketizer } from '../../media/rtp/h264-depacketizer.ts';
import { packetizeAccessUnit } from '../../media/rtp/h264-packetizer.ts';
import { nalType, typeOf } from '../../media/rtp/nal-unit.ts';
import { ParameterSets } from '../../media/rtp/parameter-sets.ts';
import type { SenderReport } from '../../media/rtp/rtcp.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { BFrameTranscoder } from './b-frame-transcoder.ts';
import { FrameEnds } from './frame-ends.ts';
import { H264Relay, startsBidirectional, unitsOf } from './h264-relay.ts';
import { StartCodeRemover } from './start-code-remover.ts';
import type { TrackRelay } from './track-receiver.ts';
import type { VideoOutput } from './video-output.ts';

export interface VideoRelayOptions {
  readonly output: VideoOutput;
  /** Parameter sets of the description. */
  readonly parameterSets: readonly Buffer[];
  /** Whether the source is known to have B slices. */
  readonly bidirectional: boolean;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onBidirectional: () => void;
  /** Called when the transcoder has failed or cannot be used any more. */
  readonly onFailure: () => void;
}

interface Piece {
  readonly nals: readonly Buffer[];
  readonly timestamp: number;
  readonly ends: boolean;
}

/** Number of frames that are checked for B slices. */
const probation = 50;
/** Maximum number of bytes that are kept meanwhile. */
const maxKeptBytes = 4 * 1024 * 1024;

/** Relays a source's H264 into the room as it is, or transcoded when it has B slices. */
export class VideoRelay implements TrackRelay {
  readonly #options: VideoRelayOptions;
  readonly #sets = new ParameterSets();
  readonly #relay: H264Relay;
  readonly #startCodes = new StartCodeRemover();
  readonly #frameEnds: FrameEnds;
  readonly #depacketizer = new H264Depacketizer();
  /** Number of packets lost before the next one. */
  #lost = 0;
  #transcoder: BFrameTranscoder | undefined;
  /** Units since the last keyframe, for the transcoder. */
  #kept: Piece[] = [];
  #keptBytes = 0;
  #frames = 0;
  #timestamp: number | undefined;
  #asked = false;
  #sawKeyframe = false;

  constructor(options: VideoRelayOptions) {
    this.#options = options;
    for (const nal of options.parameterSets) this.#sets.remember(nal);
    this.#relay = new H264Relay(options.output, this.#sets);
    const { clock } = options;
    this.#frameEnds = new FrameEnds({ clock, deliver: (packet, lost) => this.#take(packet, lost) });
    if (options.bidirectional) this.#transcode();
  }

  /** Why nothing can be decoded, if so. */
  get problem(): string {
    if (this.#sets.nals.length === 0) return 'no parameter sets';
    if (!this.#sawKeyframe) return 'no keyframe';
    return this.#transcoder ? 'nothing comes from the transcoder' : 'no keyframe whose parameter sets are known';
  }

  push(packet: RtpPacket, lost: number): void {
    this.#lost += lost;
    for (const part of this.#startCodes.push(packet)) {
      this.#frameEnds.push(part, this.#lost);
      this.#lost = 0;
    }
    // At the start the next keyframe may be far away.
    if (!this.#asked) this.#options.output.requestKeyframe();
    this.#asked = true;
  }

  #take(packet: RtpPacket, lost: number): void {
    this.#sawKeyframe ||= unitsOf(packet.payload).some((nal) => typeOf(nal) === nalType.idrSlice);
    const fresh = packet.timestamp !== this.#timestamp;
    this.#timestamp = packet.timestamp;
    if (!this.#transcoder && this.#frames < probation) this.#examine(packet, fresh);
    else if (this.#transcoder) this.#write(this.#pieceOf(packet));
    if (!this.#transcoder) this.#relay.push(packet, lost);
  }

  restart(): void {
    this.#frameEnds.restart();
    this.#relay.restart();
    this.#options.output.restart();
    this.#forget();
    // a new ffmpeg for every new SSRC would cost too much: the session is restarted after its delay
    if (this.#transcoder) this.#options.onFailure();
  }

  report(report: SenderReport): void {
    this.#options.output.report(report);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#frameEnds.restart();
    await this.#transcoder?.close();
  }

  #examine(packet: RtpPacket, fresh: boolean): void {
    if (fresh) this.#frames += 1;
    this.#keep(this.#pieceOf(packet));
    if (startsBidirectional(packet.payload)) {
      this.#options.onBidirectional();
      this.#transcode();
      for (const piece of this.#kept) this.#write(piece);
      this.#forget();
    } else if (this.#frames >= probation) {
      this.#forget();
    }
  }

  #pieceOf(packet: RtpPacket): Piece {
    const nals = this.#depacketizer.push(packet);
    for (const nal of nals) this.#sets.remember(nal);
    return { nals: nals.map((nal) => Buffer.from(nal)), timestamp: packet.timestamp, ends: packet.marker };
  }

  #keep(piece: Piece): void {
    const isKey = piece.nals.some((nal) => typeOf(nal) === nalType.idrSlice);
    // parameter sets are kept elsewhere
    if (isKey && this.#kept.at(-1)?.timestamp !== piece.timestamp) this.#forget();
    this.#kept.push(piece);
    this.#keptBytes += piece.nals.reduce((sum, { length }) => sum + length, 100);
    if (this.#keptBytes > maxKeptBytes) this.#forget();
  }

  #forget(): void {
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #write({ nals, timestamp, ends }: Piece): void {
    this.#transcoder?.write(nals, timestamp, ends);
  }

  #transcode(): void {
    const { logger, output, onFailure } = this.#options;
    output.restart();
    this.#transcoder = new BFrameTranscoder({
      sets: this.#sets,
      logger,
      onFrame: (frame, timestamp) => this.#send(frame, timestamp),
      onFailure,
    });
  }

  #send({ nals, key }: AccessUnit, timestamp: number): void {
    const payloads = packetizeAccessUnit(nals);
    for (const [index, payload] of payloads.entries()) {
      const marker = index === payloads.length - 1;
      this.#options.output.write({ payload, marker, timestamp }, key && index === 0);
    }
  }
}
