import {
  element,
  elementId,
  floatElement,
  idBytes,
  readElementHeader,
  textElement,
  uintElement,
  unknownSize,
  voidElement,
} from './ebml.ts';

/** The only track of a file. */
export type MatroskaTrack = {
  /** RFC 9559 section 27.5, such as `V_VP8`. */
  readonly codecId: string;
  readonly codecPrivate?: Buffer;
} & (
  | { readonly kind: 'video'; readonly width: number; readonly height: number }
  /** `sampleRate` in Hz. */
  | { readonly kind: 'audio'; readonly sampleRate: number; readonly channels: number }
);

/** Number of the only track. */
export const trackNumber = 1;
/** Nanoseconds of a unit of time. */
const timestampScale = 1_000_000;
const application = 'Shoal';
/** Length of the elements that are written when the file is complete, in bytes. */
const [seekHeadLength, durationLength] = [68, 11];

/** Everything before the first cluster of a file that is only appended to, with room for {@link completedHead}. */
export function matroskaHead(track: MatroskaTrack): Buffer {
  const info = element(
    elementId.info,
    uintElement(elementId.timestampScale, timestampScale),
    textElement(elementId.muxingApp, application),
    textElement(elementId.writingApp, application),
    voidElement(durationLength),
  );
  const tracks = element(elementId.tracks, trackEntry(track));
  const segment = [idBytes(elementId.segment), unknownSize];
  return Buffer.concat([documentType(), ...segment, voidElement(seekHeadLength), info, tracks]);
}

/** Positions in the head of a file. */
export interface HeadPositions {
  /** Where the content of the segment begins; other positions within a file are relative to it. */
  readonly segment: number;
  readonly seekHead: number;
  readonly info: number;
  readonly duration: number;
  readonly tracks: number;
}

/** Finds the room for the completion of a file. @returns undefined when the file is complete, or not one of {@link matroskaHead} */
export function headPositions(bytes: Buffer): HeadPositions | undefined {
  const ebml = headerOf(bytes, 0, elementId.ebml);
  const begin = ebml && headerOf(bytes, ebml.end, elementId.segment);
  const seekHead = begin && headerOf(bytes, begin.content, elementId.void);
  const info = seekHead && headerOf(bytes, seekHead.end, elementId.info);
  const duration = info && info.end - durationLength;
  if (!duration || seekHead.end - begin.content !== seekHeadLength) return undefined;
  if (headerOf(bytes, duration, elementId.void)?.end !== info.end) return undefined;
  return { segment: begin.content, seekHead: begin.content, info: seekHead.end, duration, tracks: info.end };
}

export interface Completion {
  /** In ms. */
  readonly duration: number;
  /** Position of the cues in the file; undefined: there are none. */
  readonly cues: number | undefined;
}

/**
 * The head of a complete file, up to its tracks. The size of the segment stays unknown, as those of the clusters in it are.
 * @param head the first bytes of the file @param at found in them
 */
export function completedHead(head: Buffer, at: HeadPositions, { duration, cues }: Completion): Buffer {
  const bytes = Buffer.from(head.subarray(0, at.tracks));
  floatElement(elementId.duration, duration).copy(bytes, at.duration);
  if (cues === undefined) return bytes;
  const seek = (id: number, position: number) =>
    element(
      elementId.seek,
      element(elementId.seekId, idBytes(id)),
      uintElement(elementId.seekPosition, position - at.segment, 8),
    );
  const entries = [seek(elementId.info, at.info), seek(elementId.tracks, at.tracks), seek(elementId.cues, cues)];
  element(elementId.seekHead, ...entries).copy(bytes, at.seekHead);
  return bytes;
}

function headerOf(bytes: Buffer, at: number, id: number): { content: number; end: number } | undefined {
  const header = readElementHeader(bytes, at);
  if (header === undefined || header === 'invalid' || header.id !== id) return undefined;
  const content = at + header.length;
  return { content, end: content + (header.size ?? 0) };
}

function documentType(): Buffer {
  return element(
    elementId.ebml,
    uintElement(elementId.ebmlVersion, 1),
    uintElement(elementId.ebmlReadVersion, 1),
    uintElement(elementId.ebmlMaxIdLength, 4),
    uintElement(elementId.ebmlMaxSizeLength, 8),
    textElement(elementId.docType, 'matroska'),
    uintElement(elementId.docTypeVersion, 4),
    uintElement(elementId.docTypeReadVersion, 2),
  );
}

function trackEntry(track: MatroskaTrack): Buffer {
  return element(
    elementId.trackEntry,
    uintElement(elementId.trackNumber, trackNumber),
    uintElement(elementId.trackUid, 1),
    uintElement(elementId.trackType, track.kind === 'video' ? 1 : 2),
    uintElement(elementId.flagLacing, 0),
    textElement(elementId.language, 'und'),
    textElement(elementId.codecId, track.codecId),
    ...(track.codecPrivate ? [element(elementId.codecPrivate, track.codecPrivate)] : []),
    track.kind === 'video'
      ? element(
          elementId.video,
          uintElement(elementId.pixelWidth, track.width),
          uintElement(elementId.pixelHeight, track.height),
        )
      : element(
          elementId.audio,
          floatElement(elementId.samplingFrequency, track.sampleRate),
          uintElement(elementId.channels, track.channels),
        ),
  );
}
