import { videoTranscoder } from '../../ffmpeg/video-transcoder.ts';
import { readIvf } from '../../media/ivf.ts';
import { accessUnits } from '../../media/rtp/access-units.ts';
import { packetizeAccessUnit } from '../../media/rtp/h264-packetizer.ts';
import { isVp8Keyframe, packetizeVp8 } from '../../media/rtp/vp8-packetizer.ts';
import { throughProcess } from '../../process/through-process.ts';
import type { Frame, Playback, Timing } from './frame.ts';
import { PresentationOrder } from './presentation-order.ts';

/** An encoded frame, the input of the transcoder. */
export interface SourceFrame extends Timing {
  readonly data: Buffer;
}

export interface TranscodingOptions extends Playback {
  /** ffmpeg's input options for the frames, see `VideoTranscoderOptions`. */
  readonly input: readonly string[];
  readonly codec: 'h264' | 'vp8';
}

/** Transcodes frames, which come in presentation order with their times. @throws ProcessError */
export async function* transcodedFrames(
  source: AsyncIterable<SourceFrame>,
  { input, codec, logger, signal }: TranscodingOptions,
): AsyncGenerator<Frame> {
  const order = new PresentationOrder();
  const transcoder = videoTranscoder({ input, codec, live: false, logger });
  const stream = throughProcess(transcoder, written(source, order), signal);
  const frames = codec === 'h264' ? h264(stream) : vp8(stream);
  for await (const frame of frames) {
    const timing = order.next();
    // Frames beyond those of the input have no time.
    if (timing) yield { ...frame, ...timing };
  }
}

async function* written(source: AsyncIterable<SourceFrame>, order: PresentationOrder): AsyncGenerator<Buffer> {
  let first: number | undefined;
  for await (const { data, time, duration } of source) {
    first ??= time;
    // A frame before the first keyframe of a cut file refers to missing frames: no decoder outputs it.
    if (time < first) continue;
    order.add({ time, duration });
    yield data;
  }
}

async function* h264(stream: AsyncIterable<Buffer>): AsyncGenerator<Pick<Frame, 'key' | 'payloads'>> {
  for await (const { nals, key } of accessUnits(stream)) yield { key, payloads: packetizeAccessUnit(nals) };
}

async function* vp8(stream: AsyncIterable<Buffer>): AsyncGenerator<Pick<Frame, 'key' | 'payloads'>> {
  for await (const data of readIvf(stream)) yield { key: isVp8Keyframe(data), payloads: packetizeVp8(data) };
}
