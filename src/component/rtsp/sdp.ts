import type { MediaDescription } from 'sdp-transform';
import { type AacConfig, parseAacConfig } from '../../media/aac-config.ts';
import { unitsInBytes } from '../../media/rtp/annex-b.ts';
import { readDescription } from '../sdp/bounded-description.ts';
import {
  type PayloadFormat,
  parametersOf,
  payloadFormatOf,
  payloadTypes,
  staticFormats,
} from '../sdp/payload-format.ts';
import { type AudioCodec, audioCodecOf, isSpeechCodec } from './audio-codec.ts';
import { RtspError } from './rtsp-error.ts';

export type SourceCodec = 'h264' | AudioCodec;

/** A stream of the source that can be received. */
export interface SourceTrack {
  readonly kind: 'video' | 'audio';
  readonly codec: SourceCodec;
  readonly payloadType: number;
  /** RTP clock rate, in Hz. */
  readonly clockRate: number;
  /** Of audio. */
  readonly channels: number;
  /** Control attribute as in the description; empty when there is none. */
  readonly control: string;
  /** Format parameters, names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A stream of the source that cannot be received. */
export interface UnsupportedStream {
  readonly kind: 'video' | 'audio';
  /** Name of the encoding, such as `H265`, or `unknown`. */
  readonly encoding: string;
}

export interface SourceDescription {
  /** Aggregate control as in the description; empty when there is none. */
  readonly control: string;
  readonly video?: SourceTrack;
  readonly audio?: SourceTrack;
  readonly unsupported: readonly UnsupportedStream[];
}

const limits = { sections: 64, lines: 2000, line: 16 * 1024 };
const maxParameterSets = 16;

/**
 * Reads a description: the first H264 video and the first supported audio of a source, one of less than a telephone's quality last.
 * @throws RtspError invalid_response; no_media when nothing is supported, or there is video, but no H264
 */
export function parseDescription(text: string): SourceDescription {
  const description = readDescription(text, limits);
  if (!description) throw new RtspError('invalid_response');
  const { session, media } = description;
  const streams = media.flatMap(toStream);
  const tracks = streams.filter((stream) => 'codec' in stream);
  const unsupported = streams.filter((stream) => 'encoding' in stream);
  const video = tracks.find(({ kind }) => kind === 'video');
  const allAudio = tracks.filter(({ kind }) => kind === 'audio');
  const audio = allAudio.find(({ codec }) => !isSpeechCodec(codec)) ?? allAudio[0];
  if (!video && (!audio || media.some(({ type }) => type === 'video'))) {
    throw new RtspError('no_media', unsupported.map(({ encoding }) => encoding).join(', ') || undefined);
  }
  return { control: String(session.control ?? ''), ...(video && { video }), ...(audio && { audio }), unsupported };
}

/** SPS and PPS in the description (RFC 6184 8.1); some sources write them with start codes. */
export function parameterSetsOf({ parameters }: Pick<SourceTrack, 'parameters'>): Buffer[] {
  const words = (parameters.get('sprop-parameter-sets') ?? '').split(',').slice(0, maxParameterSets);
  const sets = words.flatMap((word) => unitsInBytes(Buffer.from(word, 'base64')));
  return sets.filter((nal) => nal.length > 1).slice(0, maxParameterSets);
}

/** The AAC configuration of mode AAC-hbr with 13 and 3 bits (RFC 3640 3.3.6), the only one in use; undefined for any other mode. */
export function aacConfigOf({ parameters }: Pick<SourceTrack, 'parameters'>): AacConfig | undefined {
  const is = (name: string, value: number) => Number(parameters.get(name)) === value;
  if (!is('sizelength', 13) || !is('indexlength', 3) || !is('indexdeltalength', 3)) return undefined;
  return parseAacConfig(Buffer.from(parameters.get('config') ?? '', 'hex'));
}

/** What a media section describes; nothing for metadata. */
function toStream(media: MediaDescription & { type?: string; control?: unknown }): (SourceTrack | UnsupportedStream)[] {
  const { type } = media;
  if (type !== 'video' && type !== 'audio') return [];
  for (const payloadType of payloadTypes(media)) {
    const format = payloadFormatOf(media, payloadType);
    const codec = format && (type === 'video' ? videoCodecOf(format) : audioCodecOf(format));
    if (!codec) continue;
    const track: SourceTrack = {
      kind: type,
      codec,
      payloadType,
      clockRate: format.rate,
      channels: format.channels,
      control: media.control === undefined ? '' : String(media.control),
      parameters: parametersOf(media, payloadType),
    };
    if (codec !== 'aac' || aacConfigOf(track)) return [track];
  }
  return [{ kind: type, encoding: encodingOf(media) }];
}

/** The name of the first format, which is logged: names of other characters are not names. */
function encodingOf(media: MediaDescription): string {
  const [payloadType = -1] = payloadTypes(media);
  const map = media.rtp.find(({ payload }) => Number(payload) === payloadType);
  const name = String(map?.codec ?? staticFormats[payloadType]?.codec ?? '');
  return /^[\w.+-]{1,32}$/.test(name) ? name.toUpperCase() : 'unknown';
}

function videoCodecOf({ codec, rate }: PayloadFormat): 'h264' | undefined {
  return codec.toUpperCase() === 'H264' && rate === 90_000 ? 'h264' : undefined;
}
