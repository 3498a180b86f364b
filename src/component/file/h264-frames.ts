import type { Logger } from '../../log/logger.ts';
import type { AccessUnit } from '../../media/rtp/access-unit-assembler.ts';
import { accessUnits } from '../../media/rtp/access-units.ts';
import { toAnnexB } from '../../media/rtp/annex-b.ts';
import { packetizeAccessUnit } from '../../media/rtp/h264-packetizer.ts';
import { ParameterSets } from '../../media/rtp/parameter-sets.ts';
import type { Frame, FrameTrack, Playback, Timing } from './frame.ts';
import { lookAhead } from './look-ahead.ts';
import { type EncodedPicture, transcodedFrames } from './transcoded-frames.ts';

/** One H264 picture of a file. */
export interface H264Picture extends Timing {
  readonly unit: AccessUnit;
}

export interface H264FramesOptions extends Playback {
  /** What the room takes: other codecs than H264 are made from the pictures. */
  readonly codec: 'h264' | 'vp8';
}

/** Pictures in which B slices are looked for before the first is sent. */
const lookedAt = 50;
/** Only an assumption for the transcoder; pictures keep the times that they have. */
const assumedFramerate = 30;

/**
 * The track that a file's H264 makes. Pictures with B slices are not in the order in which they are shown, and browsers would show next to
 * nothing of them: they are encoded anew.
 * @throws RangeError when there is no picture at all
 */
export async function h264Track(pictures: AsyncIterable<H264Picture>, options: H264FramesOptions): Promise<FrameTrack> {
  const { codec, logger } = options;
  const { first, all } = await lookAhead(decodable(pictures), lookedAt, lengthOf);
  if (first.length === 0) throw new RangeError('The file holds no picture.');
  const reordered = first.some(({ unit }) => unit.bidirectional) || goesBack(first);
  if (codec === 'h264' && !reordered) return { codec, frames: h264Frames(all, logger) };
  const input = ['-f', 'h264', '-framerate', String(assumedFramerate)];
  return { codec, frames: transcodedFrames(encoded(all), { ...options, input }) };
}

/** The pictures of a raw byte stream, shown at a constant rate. @param framerate per second */
export async function* timedPictures(stream: AsyncIterable<Buffer>, framerate: number): AsyncGenerator<H264Picture> {
  let index = 0;
  for await (const unit of accessUnits(stream)) {
    yield { unit, time: index / framerate, duration: 1 / framerate };
    index += 1;
  }
}

/**
 * Without the pictures that come before any parameter sets: nobody can decode them, and bytes that are no H264 at all may look like a
 * picture, but hardly like both.
 */
async function* decodable(pictures: AsyncIterable<H264Picture>): AsyncGenerator<H264Picture> {
  const parameterSets = new ParameterSets();
  let described = false;
  for await (const picture of pictures) {
    if (!described) for (const nal of picture.unit.nals) parameterSets.remember(nal);
    described ||= parameterSets.nals.length > 0;
    if (described) yield picture;
  }
}

async function* h264Frames(pictures: AsyncIterable<H264Picture>, logger: Logger): AsyncGenerator<Frame> {
  const parameterSets = new ParameterSets();
  let warned = false;
  for await (const { unit, time, duration } of pictures) {
    for (const nal of unit.nals) parameterSets.remember(nal);
    if (unit.bidirectional && !warned)
      logger.warn('A file has B frames only later on; viewers will not see all pictures.');
    warned ||= unit.bidirectional;
    const nals = unit.key ? parameterSets.complete(unit.nals) : unit.nals;
    yield { time, duration, key: unit.key, payloads: packetizeAccessUnit(nals) };
  }
}

async function* encoded(pictures: AsyncIterable<H264Picture>): AsyncGenerator<EncodedPicture> {
  for await (const { unit, time, duration } of pictures) yield { time, duration, data: toAnnexB(unit.nals) };
}

function lengthOf({ unit }: H264Picture): number {
  return unit.nals.reduce((sum, { length }) => sum + length, 0);
}

function goesBack(pictures: readonly Timing[]): boolean {
  return pictures.some(({ time }, index) => time < (pictures[index - 1]?.time ?? time));
}
