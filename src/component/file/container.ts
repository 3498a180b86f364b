import type { FileHandle } from 'node:fs/promises';
import {
  CustomSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  QTFF,
  WEBM,
} from 'mediabunny';
import { everything, type Presentation, readPresentations } from '../../media/mp4/edit-lists.ts';
import { opusDuration } from '../../media/rtp/opus-packet.ts';
import type { Frame } from './frame.ts';
import type { ContainerFormat } from './source-file.ts';
import type { SourceFrame } from './transcoded-frames.ts';

// What it would write to the console is found out again by us, and logged.
Logging.level = LogLevel.Silent;

/** Maximum number of bytes that are read at once: more than any real box, page or block has. */
const maxReadLength = 64 * 1024 * 1024;

/** Clock rate of Opus, in Hz. */
const opusClock = 48_000;

/** Extensions often do not tell variants of one format. */
const formats = {
  '.mp4': { formats: [MP4, QTFF], name: 'mov' },
  '.webm': { formats: [WEBM, MATROSKA], name: 'matroska' },
} as const;

/** A container that is read. The caller still owns the file. */
export class Container {
  readonly input: Input;
  /** ffmpeg's name of the format. */
  readonly format: 'mov' | 'matroska';
  readonly handle: FileHandle;
  readonly #presentations: () => ReturnType<typeof readPresentations>;

  /** @param signal ends all reading, which may take long in a file without packets */
  constructor({ handle, size }: { handle: FileHandle; size: number }, format: ContainerFormat, signal: AbortSignal) {
    const read = (start: number, end: number) => {
      signal.throwIfAborted();
      return readExactly(handle, start, end);
    };
    // Errors between two reads occur again at the next read.
    const source = new CustomSource({ getSize: () => size, read, handleUnhandledError: () => undefined });
    this.input = new Input({ formats: [...formats[format].formats], source });
    this.format = formats[format].name;
    this.handle = handle;
    this.#presentations = () => readPresentations(read, size);
  }

  /** What is shown of a track; undefined when that is not clear. */
  async presentationOf(track: InputTrack): Promise<Presentation | undefined> {
    if (this.format === 'matroska') return everything;
    return (await this.#presentations())?.get(track.id);
  }

  close(): void {
    this.input.dispose();
  }
}

/** The packets of a track in decoding order, with their presentation times. */
export async function* packetsOf(track: InputTrack): AsyncGenerator<SourceFrame & { readonly key: boolean }> {
  const sink = new EncodedPacketSink(track);
  // one by one: the library's iterator reads ahead, and drops what it has read when a later part is damaged
  for (let packet = await sink.getFirstPacket(); packet; packet = await sink.getNextPacket(packet)) {
    const { data, timestamp: time, duration, type } = packet;
    yield { time, duration, key: type === 'key', data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
  }
}

/** Deviation of a container's times up to which there is no gap, in samples of 48 kHz: some round to milliseconds. */
const tolerance = 2880;

/**
 * The packets of an Opus track. Their times follow from their durations: containers trim the padding of the encoder at both ends, which
 * would look like jumps to receivers. Packets that are trimmed as a whole are left out.
 * @param end of what is heard, in seconds
 */
export async function* opusFrames(track: InputAudioTrack, end = Number.POSITIVE_INFINITY): AsyncGenerator<Frame> {
  let position: number | undefined;
  for await (const { data, ...timing } of packetsOf(track)) {
    const length = opusDuration(data);
    if (length === 0 || timing.time + timing.duration <= 0) continue;
    if (timing.time >= end) return;
    const stated = Math.round((timing.time + timing.duration) * opusClock) - length;
    if (position === undefined || stated > position + tolerance) position = stated;
    yield { time: position / opusClock, duration: length / opusClock, key: true, payloads: [data] };
    position += length;
  }
}

/** The decoder configuration of a track; undefined when it has none. */
export async function descriptionOf(track: InputAudioTrack | InputVideoTrack): Promise<Buffer | undefined> {
  const source = (await track.getDecoderConfig())?.description;
  if (!ArrayBuffer.isView(source)) return source && Buffer.from(source);
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

/** @throws RangeError when the file is shorter, or the range exceeds the maximum */
async function readExactly(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const length = end - start;
  if (length > maxReadLength) throw new RangeError('A part of the file is too large.');
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw new RangeError('The file has become shorter.');
    done += bytesRead;
  }
  return bytes;
}
