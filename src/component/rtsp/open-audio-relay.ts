import { AudioToOpus } from '../../ffmpeg/audio-to-opus.ts';
import type { Logger } from '../../log/logger.ts';
import { isPcmEncoding } from '../../media/pcm.ts';
import { fitsOpus } from '../../media/rtp/opus-transcoder.ts';
import type { OutgoingStream } from '../../media/rtp/outgoing-stream.ts';
import { AacFraming, type AudioFraming, CodeFraming, PcmFraming } from './audio-framing.ts';
import type { AudioRelay } from './audio-relay.ts';
import { OpusRelay } from './opus-relay.ts';
import { PcmRelay } from './pcm-relay.ts';
import { aacConfigOf, type SourceTrack } from './sdp.ts';
import { TranscodedRelay } from './transcoded-relay.ts';

/**
 * Opens the relay of an audio track: Opus as it is, else decoded in this process or by ffmpeg.
 * @throws ProcessError when ffmpeg is needed and cannot be started
 */
export async function openAudioRelay(track: SourceTrack, stream: OutgoingStream, logger: Logger): Promise<AudioRelay> {
  const { codec, clockRate: rate, channels } = track;
  if (isPcmEncoding(codec, channels) && fitsOpus({ encoding: codec, rate, channels })) {
    return new PcmRelay({ encoding: codec, rate, channels }, stream);
  }
  const framing = framingOf(track);
  if (!framing) return new OpusRelay(stream);
  const converter = await AudioToOpus.open(framing.input, logger);
  return new TranscodedRelay(converter, framing, rate, stream);
}

/** What ffmpeg reads; undefined when it is not needed. */
function framingOf(track: SourceTrack): AudioFraming | undefined {
  const { codec, clockRate: rate, channels } = track;
  if (codec === 'g722') return new CodeFraming('g722', 8000);
  if (codec === 'gsm') return new CodeFraming('gsm', 1650);
  if (isPcmEncoding(codec, channels)) return new PcmFraming({ encoding: codec, rate, channels });
  const config = codec === 'aac' ? aacConfigOf(track) : undefined;
  return config && new AacFraming(config);
}
