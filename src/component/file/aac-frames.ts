import { Readable } from 'node:stream';
import { Input, type InputAudioTrack, OGG, ReadableStreamSource } from 'mediabunny';
import { audioTranscoder } from '../../ffmpeg/filter-process.ts';
import { type AacConfig, parseAacConfig, toAdts } from '../../media/aac-config.ts';
import { throughProcess } from '../../process/through-process.ts';
import { descriptionOf, opusFrames, packetsOf } from './container.ts';
import type { Frame, Playback } from './frame.ts';

/** Transcodes the AAC of a container to Opus. @returns undefined when its configuration is missing or ADTS cannot express it */
export async function aacFrames(track: InputAudioTrack, playback: Playback): Promise<AsyncIterable<Frame> | undefined> {
  const description = await descriptionOf(track);
  const config = description && parseAacConfig(description);
  return config && transcoded(track, config, playback);
}

async function* transcoded(
  track: InputAudioTrack,
  config: AacConfig,
  { logger, signal }: Playback,
): AsyncGenerator<Frame> {
  const process = audioTranscoder(logger);
  const begin: { time?: number } = {};
  const stream = Readable.from(throughProcess(process, written(track, config, begin), signal));
  const source = new ReadableStreamSource(Readable.toWeb(stream) as ReadableStream<Uint8Array>);
  const input = new Input({ formats: [OGG], source });
  try {
    const opus = await input.getPrimaryAudioTrack();
    if (!opus) throw new RangeError('The audio of the file could not be encoded.');
    for await (const frame of opusFrames(opus)) yield { ...frame, time: frame.time + (begin.time ?? 0) };
  } finally {
    input.dispose();
    stream.destroy();
  }
}

/** @param begin set to the time of the first packet, in seconds: the output starts at zero */
async function* written(track: InputAudioTrack, config: AacConfig, begin: { time?: number }): AsyncGenerator<Buffer> {
  for await (const { data, time } of packetsOf(track)) {
    begin.time ??= time;
    const frame = toAdts(config, data);
    if (frame) yield frame;
  }
}
