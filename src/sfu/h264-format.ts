/** The parameters of an H264 stream that its receivers have to know, RFC 6184 section 8.1. */
export interface H264Format {
  readonly profile: H264Profile;
  /** Whether every decoder of H264 takes the profile. */
  readonly constrainedBaseline: boolean;
  readonly packetizationMode: 0 | 1;
}

/** In WebRTC, where nobody sends B-frames or interlaced video, constrained high is high, and baseline is constrained baseline. */
export type H264Profile = 'baseline' | 'main' | 'high';

/** By `profile_idc`; a decoder of one takes those before it. */
const profiles: ReadonlyMap<number, H264Profile> = new Map([
  [0x42, 'baseline'],
  [0x4d, 'main'],
  [0x64, 'high'],
]);
const ranks = [...profiles.values()];

/** Constraints 0 and 1: a stream that decoders of baseline and of main take, too. */
const constrainedFlag = 0x40;

/** The format that every client can send and receive, and that components send in. */
export const commonFormat: H264Format = { profile: 'baseline', constrainedBaseline: true, packetizationMode: 1 };

/** Reads the format parameters of an m-line. @returns undefined when it is none that browsers decode */
export function h264Format(parameters: Readonly<Record<string, string | number>>): H264Format | undefined {
  const { 'profile-level-id': id = '420010', 'packetization-mode': mode = 0 } = parameters;
  const [, idc = '', constraints = ''] = /^([0-9a-f]{2})([0-9a-f]{2})[0-9a-f]{2}$/i.exec(String(id)) ?? [];
  const profile = profiles.get(Number.parseInt(idc, 16));
  const packetizationMode = Number(mode);
  if (!profile || (packetizationMode !== 0 && packetizationMode !== 1)) return undefined;
  const constrained = (Number.parseInt(constraints, 16) & constrainedFlag) !== 0;
  return { profile, constrainedBaseline: profile === 'baseline' && constrained, packetizationMode };
}

/**
 * How far a receiver's format is from that of a stream, for the choice among several. A higher profile is better than a lower one, which
 * browsers decode nevertheless.
 * @returns undefined when the packets of the stream must not be sent in it
 */
export function formatDistance(stream: H264Format, receiver: H264Format): number | undefined {
  if (receiver.packetizationMode < stream.packetizationMode) return undefined;
  const above = ranks.indexOf(receiver.profile) - ranks.indexOf(stream.profile);
  const tie = Number(receiver.constrainedBaseline !== stream.constrainedBaseline) / 4;
  const mode = (receiver.packetizationMode - stream.packetizationMode) / 8;
  return (above < 0 ? ranks.length - above : above) + tie + mode;
}
