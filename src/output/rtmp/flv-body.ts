import { type ProgramFormat, type ProgramSample, timescale } from '../../media/sample.ts';
import { encodeAmf0 } from './amf0.ts';

/** Bodies of video and audio tags: Adobe Flash Video File Format Specification 10.1, sections E.4.2 and E.4.3. */
const avc = { header: 0, units: 1 } as const;
/** AAC, 44 kHz, 16 bits, stereo: the fixed values for AAC of any kind. */
const aac = 0xaf;

export function videoHeader({ video }: ProgramFormat): Buffer {
  return Buffer.concat([Buffer.of(0x17, avc.header, 0, 0, 0), video.decoderConfiguration]);
}

export function audioHeader({ audio }: ProgramFormat): Buffer {
  return Buffer.concat([Buffer.of(aac, 0), audio.decoderConfiguration]);
}

export function sampleBody({ kind, keyframe, data }: ProgramSample): Buffer {
  const head = kind === 'audio' ? [aac, 1] : [keyframe ? 0x17 : 0x27, avc.units, 0, 0, 0];
  return Buffer.concat([Buffer.from(head), data]);
}

/** The `onMetaData` message: section E.5. */
export function metadataBody({ video, audio }: ProgramFormat): Buffer {
  const { width, height, frameRate } = video;
  const videoData = { width, height, framerate: frameRate, videocodecid: 7 };
  const audioData = {
    audiocodecid: 10,
    audiosamplerate: audio.sampleRate,
    audiosamplesize: 16,
    stereo: audio.channels === 2,
  };
  return encodeAmf0('@setDataFrame', 'onMetaData', { ...videoData, ...audioData, encoder: 'Shoal' });
}

/** Time of a sample on the program's timeline, in ms. */
export function sampleTime({ kind, time }: ProgramSample): number {
  return Math.round((time * 1000) / timescale[kind]);
}
