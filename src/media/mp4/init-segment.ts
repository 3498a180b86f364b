import { type ProgramFormat, timescale } from '../sample.ts';
import type { Size } from '../size.ts';
import { rawBox, writeBoxes } from './box-tree.ts';
import { elementaryStreamDescriptor } from './elementary-stream-descriptor.ts';

/** Ids of the two tracks. */
export const trackIds = { video: 1, audio: 2 } as const;

const full = { version: 0, flags: 0 };
const times = { creationTime: 0, modificationTime: 0, duration: 0 };
const matrix = [1, 0, 0, 0, 1, 0, 0, 0, 0x4000];

/** The init segment of a fragmented MP4: `ftyp` and `moov`, ISO/IEC 14496-12. */
export function initSegment(format: ProgramFormat): Buffer {
  const brands = ['iso6', 'iso5', 'avc1', 'mp41'];
  return writeBoxes([
    { type: 'ftyp', majorBrand: 'iso6', minorVersion: 0, compatibleBrands: brands },
    { type: 'moov', boxes: [movieHeader(), videoTrack(format), audioTrack(format), movieExtends()] },
  ]);
}

function movieHeader() {
  return {
    type: 'mvhd',
    ...full,
    ...times,
    timescale: 1000,
    rate: 1,
    volume: 1,
    reserved1: 0,
    reserved2: [0, 0],
    matrix,
    preDefined: [0, 0, 0, 0, 0, 0],
    nextTrackId: 3,
  };
}

/** The movie itself has no samples: all are in fragments. */
function movieExtends() {
  const extend = (trackId: number) => ({
    type: 'trex',
    ...full,
    trackId,
    defaultSampleDescriptionIndex: 1,
    defaultSampleDuration: 0,
    defaultSampleSize: 0,
    defaultSampleFlags: 0,
  });
  return { type: 'mvex', boxes: [extend(trackIds.video), extend(trackIds.audio)] };
}

function videoTrack({ video }: ProgramFormat) {
  const mediaHeader = { type: 'vmhd', version: 0, flags: 1, graphicsmode: 0, opcolor: [0, 0, 0] };
  const entry = {
    type: 'avc1',
    ...sampleEntry,
    preDefined1: 0,
    reserved2: 0,
    preDefined2: [0, 0, 0],
    width: video.width,
    height: video.height,
    horizresolution: 72,
    vertresolution: 72,
    reserved3: 0,
    frameCount: 1,
    compressorName: Array(32).fill(0),
    depth: 24,
    preDefined3: 0xffff,
    boxes: [rawBox('avcC', video.decoderConfiguration)],
  };
  return track('video', mediaHeader, entry);
}

function audioTrack({ audio }: ProgramFormat) {
  const mediaHeader = { type: 'smhd', ...full, balance: 0, reserved: 0 };
  const entry = {
    type: 'mp4a',
    ...sampleEntry,
    reserved2: [0, 0],
    channelcount: audio.channels,
    samplesize: 16,
    preDefined: 0,
    reserved3: 0,
    samplerate: audio.sampleRate,
    boxes: [rawBox('esds', elementaryStreamDescriptor(audio.decoderConfiguration))],
  };
  return track('audio', mediaHeader, entry);
}

const sampleEntry = { reserved1: [0, 0, 0, 0, 0, 0], dataReferenceIndex: 1 };

/** @param mediaHeader `vmhd` or `smhd` @param entry of the sample table */
function track(kind: 'video' | 'audio', mediaHeader: object, entry: Partial<Size> & { readonly type: string }) {
  const header = {
    type: 'tkhd',
    version: 0,
    // enabled, in the movie, in the preview
    flags: 7,
    ...times,
    trackId: trackIds[kind],
    reserved1: 0,
    reserved2: [0, 0],
    layer: 0,
    alternateGroup: 0,
    volume: kind === 'audio' ? 1 : 0,
    reserved3: 0,
    matrix,
    width: entry.width ?? 0,
    height: entry.height ?? 0,
  };
  const timing = { type: 'mdhd', ...full, ...times, timescale: timescale[kind], language: 'und', preDefined: 0 };
  const handlerType = kind === 'video' ? 'vide' : 'soun';
  const handler = { type: 'hdlr', ...full, preDefined: 0, handlerType, reserved: [0, 0, 0], name: kind };
  const information = { type: 'minf', boxes: [mediaHeader, dataInformation, sampleTable(entry)] };
  return { type: 'trak', boxes: [header, { type: 'mdia', boxes: [timing, handler, information] }] };
}

/** The samples are in the same file. */
const dataInformation = {
  type: 'dinf',
  boxes: [{ type: 'dref', ...full, entryCount: 1, entries: [{ type: 'url ', version: 0, flags: 1, location: '' }] }],
};

function sampleTable(entry: object) {
  const empty = { ...full, entryCount: 0, entries: [] };
  return {
    type: 'stbl',
    boxes: [
      { type: 'stsd', ...full, entryCount: 1, entries: [entry] },
      { type: 'stts', ...empty },
      { type: 'stsc', ...empty },
      { type: 'stsz', ...full, sampleSize: 0, sampleCount: 0, entrySize: [] },
      { type: 'stco', ...empty, chunkOffset: [] },
    ],
  };
}
