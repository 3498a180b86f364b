import type { FileHandle } from 'node:fs/promises';
import {
  CustomSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputTrack,
  MP4,
  OGG,
  WEBM,
} from 'mediabunny';
import { opusDuration } from '../../media/rtp/opus-packet.ts';
import type { Frame } from './frame.ts';
import type { EncodedPicture } from './transcoded-frames.ts';

/** Bytes that are read at once at most: more than any real box, page or block has. */
const maxReadLength = 64 * 1024 * 1024;

/** Samples per second by which Opus is counted. */
const opusClock = 48_000;

const formats = { '.ogg': OGG, '.mp4': MP4, '.webm': WEBM } as const;
export type ContainerFormat = keyof typeof formats;

/**
 * Opens a container for reading its packets; the file stays the caller's.
 * @param signal ends all reading: in a file full of nothing it would take long
 */
export function openContainer(
  { handle, size }: { handle: FileHandle; size: number },
  format: ContainerFormat,
  signal: AbortSignal,
): Input {
  const read = (start: number, end: number) => {
    signal.throwIfAborted();
    return readExactly(handle, start, end);
  };
  // Errors while nobody reads show again at the next read.
  const source = new CustomSource({ getSize: () => size, read, handleUnhandledError: () => undefined });
  return new Input({ formats: [formats[format]], source });
}

/** The packets of a track in the order of decoding, their times those of showing. */
export async function* packetsOf(track: InputTrack): AsyncGenerator<EncodedPicture & { readonly key: boolean }> {
  for await (const { data, timestamp: time, duration, type } of new EncodedPacketSink(track).packets()) {
    yield { time, duration, key: type === 'key', data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
  }
}

/** Samples of 48 kHz by which a container may be out before it is taken for a gap: some round to milliseconds. */
const tolerance = 2880;

/**
 * The packets of a track of Opus, as they are. Their times follow from how long they sound: containers cut what the encoder put before the
 * beginning and behind the end, which receivers would take for jumps.
 */
export async function* opusFrames(track: InputAudioTrack): AsyncGenerator<Frame> {
  let position: number | undefined;
  for await (const { data, ...timing } of packetsOf(track)) {
    const length = opusDuration(data);
    const stated = Math.round((timing.time + timing.duration) * opusClock) - length;
    if (position === undefined || stated > position + tolerance) position = stated;
    yield { time: position / opusClock, duration: length / opusClock, key: true, payloads: [data] };
    position += length;
  }
}

/** @param source a buffer, or a view of one */
export function bytesOf(source: ArrayBufferView | ArrayBufferLike): Buffer {
  if (ArrayBuffer.isView(source)) return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return Buffer.from(source);
}

/** @throws RangeError when that much is not there, or nobody would want that much */
async function readExactly(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const length = end - start;
  if (length > maxReadLength) throw new RangeError('A part of the file is too long.');
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw new RangeError('The file is shorter than it was.');
    done += bytesRead;
  }
  return bytes;
}
