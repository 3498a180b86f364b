import { videoTranscoder } from '../../ffmpeg/video-transcoder.ts';
import { readIvf } from '../../media/ivf.ts';
import { accessUnits } from '../../media/rtp/access-units.ts';
import { packetizeAccessUnit } from '../../media/rtp/h264-packetizer.ts';
import { isVp8Keyframe, packetizeVp8 } from '../../media/rtp/vp8-packetizer.ts';
import { throughProcess } from '../../process/through-process.ts';
import type { Frame, Playback, Timing } from './frame.ts';
import { ShowingOrder } from './showing-order.ts';

/** A picture as it goes into the transcoder. */
export interface EncodedPicture extends Timing {
  readonly data: Buffer;
}

export interface TranscodingOptions extends Playback {
  /** What the pictures are, see `VideoTranscoderOptions`. */
  readonly input: readonly string[];
  readonly codec: 'h264' | 'vp8';
}

/** Pictures encoded anew, in the order in which they are shown, with the times that they had. @throws ProcessError */
export async function* transcodedFrames(
  pictures: AsyncIterable<EncodedPicture>,
  { input, codec, logger, signal }: TranscodingOptions,
): AsyncGenerator<Frame> {
  const order = new ShowingOrder();
  const transcoder = videoTranscoder({ input, codec, live: false, logger });
  const stream = throughProcess(transcoder, written(pictures, order), signal);
  const frames = codec === 'h264' ? h264(stream) : vp8(stream);
  for await (const frame of frames) {
    const timing = order.next();
    // More pictures than went in have no time.
    if (timing) yield { ...frame, ...timing };
  }
}

async function* written(pictures: AsyncIterable<EncodedPicture>, order: ShowingOrder): AsyncGenerator<Buffer> {
  let first: number | undefined;
  for await (const { data, time, duration } of pictures) {
    first ??= time;
    // In a film that was cut out of another it leans on pictures that are not there: no decoder gives it out.
    if (time < first) continue;
    order.add({ time, duration });
    yield data;
  }
}

async function* h264(stream: AsyncIterable<Buffer>): AsyncGenerator<Pick<Frame, 'key' | 'payloads'>> {
  for await (const { nals, key } of accessUnits(stream)) yield { key, payloads: packetizeAccessUnit(nals) };
}

async function* vp8(stream: AsyncIterable<Buffer>): AsyncGenerator<Pick<Frame, 'key' | 'payloads'>> {
  for await (const picture of readIvf(stream)) yield { key: isVp8Keyframe(picture), payloads: packetizeVp8(picture) };
}
