import type { Input, InputAudioTrack, InputVideoTrack } from 'mediabunny';
import { type IvfFormat, ivfFrames } from '../../media/ivf.ts';
import { isVp8Keyframe, packetizeVp8 } from '../../media/rtp/vp8-packetizer.ts';
import { aacFrames } from './aac-frames.ts';
import { AvcUnits } from './avc-units.ts';
import { descriptionOf, opusFrames, packetsOf } from './container.ts';
import type { Frame, FrameTrack, Playback } from './frame.ts';
import { type H264Frame, h264Track } from './h264-frames.ts';
import { transcodedFrames } from './transcoded-frames.ts';

export interface ContainerTracksOptions extends Playback {
  /** The video codec of the room; `null`: both. */
  readonly videoCodec: 'h264' | 'vp8' | null;
}

/** Codecs that IVF can contain, with their FourCC. */
const fourccs: Readonly<Record<string, IvfFormat['fourcc']>> = { vp8: 'VP80', vp9: 'VP90', av1: 'AV01' };

/**
 * The tracks of a container that can be played: its first video and its first audio, transcoded when the room does not accept them.
 * @throws RangeError when there are none
 */
export async function containerTracks(input: Input, options: ContainerTracksOptions): Promise<FrameTrack[]> {
  const [video, audio] = await Promise.all([input.getPrimaryVideoTrack(), input.getPrimaryAudioTrack()]);
  const tracks = [video && (await videoTrack(video, options)), audio && (await audioTrack(audio, options))];
  const playable = tracks.filter((track) => track !== null && track !== undefined);
  if (playable.length === 0) throw new RangeError('The file has no track that can be played.');
  return playable;
}

async function audioTrack(track: InputAudioTrack, playback: Playback): Promise<FrameTrack | undefined> {
  const codec = await track.getCodec();
  // Packets with more channels have several streams, which WebRTC receivers do not support.
  if (codec === 'opus' && (await track.getNumberOfChannels()) <= 2) return { codec, frames: opusFrames(track) };
  const frames = codec === 'aac' ? await aacFrames(track, playback) : undefined;
  if (frames) return { codec: 'opus', frames };
  playback.logger.warn({ codec }, 'The audio of a file cannot be played.');
  return undefined;
}

async function videoTrack(track: InputVideoTrack, options: ContainerTracksOptions): Promise<FrameTrack | undefined> {
  const { videoCodec, logger } = options;
  const wanted = videoCodec ?? 'h264';
  const codec = await track.getCodec();
  if (codec === 'avc') return await h264Track(avcFrames(track), { ...options, codec: wanted });
  if (codec === 'vp8' && videoCodec !== 'h264') return { codec, frames: vp8Frames(track) };
  const fourcc = fourccs[codec ?? ''];
  if (fourcc === undefined) {
    logger.warn({ codec }, 'The video of a file cannot be played.');
    return undefined;
  }
  const size = { width: await track.getCodedWidth(), height: await track.getCodedHeight() };
  const frames = ivfFrames(packetsOf(track), { fourcc, ...size });
  return { codec: wanted, frames: transcodedFrames(frames, { ...options, input: ['-f', 'ivf'], codec: wanted }) };
}

async function* vp8Frames(track: InputVideoTrack): AsyncGenerator<Frame> {
  for await (const { data, time, duration } of packetsOf(track)) {
    yield { time, duration, key: isVp8Keyframe(data), payloads: packetizeVp8(data) };
  }
}

async function* avcFrames(track: InputVideoTrack): AsyncGenerator<H264Frame> {
  const units = new AvcUnits(await descriptionOf(track));
  for await (const { data, time, duration } of packetsOf(track)) {
    const unit = units.read(data);
    if (unit) yield { unit, time, duration };
  }
}
