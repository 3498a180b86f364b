import { Readable } from 'node:stream';
import { Input, type InputAudioTrack, type InputVideoTrack, MATROSKA, ReadableStreamSource, WEBM } from 'mediabunny';
import { type FileTranscoderOptions, fileTranscoder } from '../../ffmpeg/file-transcoder.ts';
import { throughProcess } from '../../process/through-process.ts';
import type { Playback } from './frame.ts';

export interface TranscodedTrackOptions<Track, Item> extends Playback, Omit<FileTranscoderOptions, 'logger'> {
  /** Reads the track that ffmpeg writes, which is of the kind of the output. */
  readonly read: (track: Track) => AsyncIterable<Item>;
}

/**
 * A track of a file as a player would show it, in a codec for WebRTC: upright, without what the file's edit list trims. The transcoder runs
 * while the frames are read.
 * @throws ProcessError when ffmpeg cannot decode the track
 */
export async function* transcodedTrack<Track extends InputVideoTrack | InputAudioTrack, Item>(
  options: TranscodedTrackOptions<Track, Item>,
): AsyncGenerator<Item> {
  const { signal, read, output } = options;
  const stream = Readable.from(throughProcess(fileTranscoder(options), undefined, signal));
  const source = new ReadableStreamSource(Readable.toWeb(stream) as ReadableStream<Uint8Array>);
  const input = new Input({ formats: [MATROSKA, WEBM], source });
  try {
    const track = await (output.codec === 'opus' ? input.getPrimaryAudioTrack() : input.getPrimaryVideoTrack());
    if (track) yield* read(track as Track);
  } finally {
    input.dispose();
    stream.destroy();
    // ffmpeg has ended by then
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
  }
}
