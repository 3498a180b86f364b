import type { InputAudioTrack, InputVideoTrack } from 'mediabunny';
import type { FileTranscoderOptions } from '../../ffmpeg/file-transcoder.ts';
import { isVp8Keyframe, packetizeVp8 } from '../../media/rtp/vp8-packetizer.ts';
import { AvcUnits } from './avc-units.ts';
import { type Container, descriptionOf, opusFrames, packetsOf } from './container.ts';
import { untilDamaged } from './damaged-file.ts';
import type { Frame, FrameTrack, Playback, Timing } from './frame.ts';
import { type H264Frame, h264Frames, passedThroughH264 } from './h264-frames.ts';
import { lookAhead } from './look-ahead.ts';
import { transcodedTrack } from './transcoded-track.ts';

export interface ContainerTracksOptions extends Playback {
  /** The video codec of the room; `null`: both. */
  readonly videoCodec: 'h264' | 'vp8' | null;
}

/** Times are shorter than this beyond the end of what is shown, in seconds: edit lists are rounded. */
const tolerance = 0.001;

/**
 * The tracks of a container that can be played: its first video and its first audio. What the room does not accept as it is, or a player
 * would not show as it is, is transcoded.
 * @throws RangeError when there are none
 */
export async function containerTracks(container: Container, options: ContainerTracksOptions): Promise<FrameTrack[]> {
  const { input } = container;
  const [video, audio] = await Promise.all([input.getPrimaryVideoTrack(), input.getPrimaryAudioTrack()]);
  const tracks = await Promise.allSettled([
    video && videoTrack(video, container, options),
    audio && audioTrack(audio, container, options),
  ]);
  options.signal.throwIfAborted();
  const playable: FrameTrack[] = [];
  const failures: unknown[] = [];
  for (const track of tracks) {
    if (track.status === 'rejected') failures.push(track.reason);
    else if (track.value) playable.push(track.value);
  }
  if (playable.length === 0) throw failures[0] ?? new RangeError('The file has no track that can be played.');
  for (const err of failures) options.logger.warn({ err }, 'A track of a file cannot be played.');
  return playable;
}

async function audioTrack(
  track: InputAudioTrack,
  container: Container,
  playback: Playback,
): Promise<FrameTrack | undefined> {
  const codec = await track.getCodec();
  if (codec === 'opus') {
    // Packets with more channels have several streams, which WebRTC receivers do not support.
    if ((await track.getNumberOfChannels()) > 2) return ignored(track, playback);
    const shown = await container.presentationOf(track);
    const read = (from: InputAudioTrack) => opusFrames(from, shown?.end);
    if (shown?.isOnePiece) return { codec, frames: asItIs({ track, container, codec, read }, playback) };
  }
  return await transcoded(track, container, playback, { codec: 'opus' });
}

async function videoTrack(
  track: InputVideoTrack,
  container: Container,
  options: ContainerTracksOptions,
): Promise<FrameTrack | undefined> {
  const codec = await track.getCodec();
  const wanted = codec === 'vp8' && options.videoCodec === null ? codec : (options.videoCodec ?? 'h264');
  const orientation = { rotation: await track.getRotation(), flip: await track.getFlip() };
  const shown = await container.presentationOf(track);
  if (orientation.rotation === 0 && !orientation.flip && shown?.isOnePiece) {
    const source = { track, container, codec: wanted };
    const avc = (from: InputVideoTrack) => until(shown.end, avcFrames(from));
    const vp8 = (from: InputVideoTrack) => until(shown.end, vp8Frames(from));
    let frames: AsyncIterable<Frame> | undefined;
    if (codec === 'avc' && wanted === 'h264')
      frames = await passedThroughH264(asItIs({ ...source, read: avc }, options), options.logger);
    if (codec === 'vp8' && wanted === 'vp8') frames = await fromTheStart(asItIs({ ...source, read: vp8 }, options));
    if (frames) return { codec: wanted, frames };
  }
  return await transcoded(track, container, options, { codec: wanted, ...orientation });
}

interface CopiedTrack<Track, Item> {
  readonly track: Track;
  readonly container: Container;
  readonly codec: 'opus' | 'h264' | 'vp8';
  readonly read: (track: Track) => AsyncIterable<Item>;
}

/** What is encoded as it has to be. Matroska that is cut off is read by ffmpeg up to its end: the library leaves its last cluster out. */
function asItIs<Track extends InputVideoTrack | InputAudioTrack, Item>(
  { track, container: { handle, format }, codec, read }: CopiedTrack<Track, Item>,
  playback: Playback,
): AsyncIterable<Item> {
  const source = { fd: handle.fd, format, track: track.number - 1 };
  const items =
    format === 'mov'
      ? read(track)
      : transcodedTrack<Track, Item>({ ...playback, ...source, output: { codec, copy: true }, read });
  // what is looked at ahead is not lost with a later part
  return untilDamaged(items, playback.logger);
}

/** @returns undefined when ffmpeg does not know the codec */
async function transcoded(
  track: InputVideoTrack | InputAudioTrack,
  { handle, format }: Container,
  playback: Playback,
  output: FileTranscoderOptions['output'],
): Promise<FrameTrack | undefined> {
  const { codec } = output;
  const source = { ...playback, fd: handle.fd, format, track: track.number - 1, output };
  const readers = {
    opus: opusFrames,
    vp8: vp8Frames,
    h264: (written: InputVideoTrack) => h264Frames(avcFrames(written), playback.logger),
  };
  const read = readers[codec] as (written: InputVideoTrack | InputAudioTrack) => AsyncIterable<Frame>;
  const frames = transcodedTrack<InputVideoTrack | InputAudioTrack, Frame>({ ...source, read });
  if ((await track.getCodec()) !== null) return { codec, frames };
  const begun = await lookAhead(frames, 1).catch(() => undefined);
  playback.signal.throwIfAborted();
  return begun && begun.first.length > 0 ? { codec, frames: begun.all } : ignored(track, playback);
}

async function ignored(track: InputVideoTrack | InputAudioTrack, { logger }: Playback): Promise<undefined> {
  const codec = (await track.getCodec()) ?? (await track.getInternalCodecId());
  logger.warn({ codec }, `The ${track.type} of a file cannot be played.`);
}

/** @returns undefined when there are frames before the start, which are needed for decoding but not shown */
async function fromTheStart(frames: AsyncIterable<Frame>): Promise<AsyncIterable<Frame> | undefined> {
  const { first, all, end } = await lookAhead(frames, 1);
  if (first.every(({ time }) => time >= 0)) return all;
  await end();
  return undefined;
}

async function* until<T extends Timing>(end: number, frames: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const frame of frames) {
    if (frame.time > end - tolerance) return;
    yield frame;
  }
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
