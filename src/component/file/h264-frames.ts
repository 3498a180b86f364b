import type { Logger } from '../../log/logger.ts';
import type { AccessUnit } from '../../media/rtp/access-unit-assembler.ts';
import { accessUnits } from '../../media/rtp/access-units.ts';
import { toAnnexB } from '../../media/rtp/annex-b.ts';
import { packetizeAccessUnit } from '../../media/rtp/h264-packetizer.ts';
import { nalType, typeOf } from '../../media/rtp/nal-unit.ts';
import { ParameterSets } from '../../media/rtp/parameter-sets.ts';
import type { Frame, FrameTrack, Playback, Timing } from './frame.ts';
import { lookAhead } from './look-ahead.ts';
import { type SourceFrame, transcodedFrames } from './transcoded-frames.ts';

/** An H264 frame of a file. */
export interface H264Frame extends Timing {
  readonly unit: AccessUnit;
}

export interface H264FramesOptions extends Playback {
  /** The codec to send; H264 is transcoded to VP8 if needed. */
  readonly codec: 'h264' | 'vp8';
}

/** Number of frames that are checked for B slices before the first is sent. */
const checkedFrames = 50;
/** Frame rate that the transcoder is told; frames keep their own times. */
const assumedFramerate = 30;

/** Profiles with 4:2:0 and 8 bits, all that browsers decode: baseline, main, extended, high (H.264 annex A.2). */
const browserProfiles: readonly (number | undefined)[] = [66, 77, 88, 100];

/**
 * The track of a raw byte stream.
 * @throws RangeError when there is no frame
 */
export async function h264Track(frames: AsyncIterable<H264Frame>, options: H264FramesOptions): Promise<FrameTrack> {
  const { codec, logger } = options;
  const { all, isPlain } = await inspected(frames);
  if (codec === 'h264' && isPlain) return { codec, frames: h264Frames(all, logger) };
  const input = ['-f', 'h264', '-framerate', String(assumedFramerate)];
  return { codec, frames: transcodedFrames(encoded(all), { ...options, input }) };
}

/**
 * The frames of a container's H264.
 * @returns undefined when they have to be transcoded. @throws RangeError when there is no frame
 */
export async function passedThroughH264(
  frames: AsyncIterable<H264Frame>,
  logger: Logger,
): Promise<AsyncIterable<Frame> | undefined> {
  const { all, isPlain, end } = await inspected(frames);
  if (isPlain) return h264Frames(all, logger);
  await end();
  return undefined;
}

/**
 * Looks whether browsers would show all frames, and only these. They would show almost none of those with B-frames, which are not in
 * presentation order; frames before the start are only decoded for the others.
 */
async function inspected(frames: AsyncIterable<H264Frame>) {
  const { first, ...others } = await lookAhead(decodable(frames), checkedFrames, lengthOf);
  if (first.length === 0) throw new RangeError('The file has no video frame.');
  const reordered = first.some(({ unit }) => unit.bidirectional) || goesBack(first);
  const isPlain = !reordered && first.every(({ unit, time }) => time >= 0 && unit.nals.every(isForBrowsers));
  return { ...others, isPlain };
}

function isForBrowsers(nal: Buffer): boolean {
  return typeOf(nal) !== nalType.sps || browserProfiles.includes(nal[1]);
}

/** The frames of a raw byte stream at a constant rate. @param framerate in frames per second */
export async function* timedFrames(stream: AsyncIterable<Buffer>, framerate: number): AsyncGenerator<H264Frame> {
  let index = 0;
  for await (const unit of accessUnits(stream)) {
    yield { unit, time: index / framerate, duration: 1 / framerate };
    index += 1;
  }
}

/**
 * Drops frames before the first parameter sets: they cannot be decoded. Bytes that are not H264 may look like a frame, but hardly like
 * both.
 */
async function* decodable(frames: AsyncIterable<H264Frame>): AsyncGenerator<H264Frame> {
  const parameterSets = new ParameterSets();
  let described = false;
  for await (const frame of frames) {
    if (!described) for (const nal of frame.unit.nals) parameterSets.remember(nal);
    described ||= parameterSets.nals.length > 0;
    if (described) yield frame;
  }
}

/** The frames as they are, with parameter sets in each keyframe. */
export async function* h264Frames(frames: AsyncIterable<H264Frame>, logger: Logger): AsyncGenerator<Frame> {
  const parameterSets = new ParameterSets();
  let warned = false;
  for await (const { unit, time, duration } of frames) {
    for (const nal of unit.nals) parameterSets.remember(nal);
    if (unit.bidirectional && !warned)
      logger.warn('A file has B-frames after its first frames; viewers will not see all frames.');
    warned ||= unit.bidirectional;
    const nals = unit.key ? parameterSets.complete(unit.nals) : unit.nals;
    yield { time, duration, key: unit.key, payloads: packetizeAccessUnit(nals) };
  }
}

async function* encoded(frames: AsyncIterable<H264Frame>): AsyncGenerator<SourceFrame> {
  for await (const { unit, time, duration } of frames) yield { time, duration, data: toAnnexB(unit.nals) };
}

function lengthOf({ unit }: H264Frame): number {
  return unit.nals.reduce((sum, { length }) => sum + length, 0);
}

function goesBack(frames: readonly Timing[]): boolean {
  return frames.some(({ time }, index) => time < (frames[index - 1]?.time ?? time));
}
