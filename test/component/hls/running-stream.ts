import { pino } from 'pino';
import { HlsStream, type HlsStreamOptions } from '../../../src/component/hls/hls-stream.ts';
import { Packager } from '../../../src/component/hls/packager.ts';
import { StreamFolder } from '../../../src/component/hls/stream-folder.ts';
import type { ProgramFormat, ProgramSample } from '../../../src/media/sample.ts';
import { HeldClock } from '../../clock/held-clock.ts';

export const wallClock = Date.UTC(2024, 4, 23, 12, 58, 19, 123);
const frame = 3750;
const framesPerGroup = 24;

/** A format at 24 frames per second, which nobody decodes. */
export function format(epoch = 0): ProgramFormat {
  const video = {
    width: 640,
    height: 360,
    frameRate: 24,
    codec: 'avc1.4d401e',
    decoderConfiguration: Buffer.from([1]),
  };
  const audio = {
    codec: 'mp4a.40.2',
    sampleRate: 48_000,
    channels: 1,
    decoderConfiguration: Buffer.from([1]),
  } as const;
  return { epoch, video, audio };
}

/** A stream that is fed frame by frame, by a held clock. */
export class RunningStream {
  readonly stream: HlsStream;
  readonly packager: Packager;
  readonly folder: StreamFolder;
  readonly clock = new HeldClock();
  playable = 0;
  #frames = 0;
  #sounds = 0;
  /** Frames since the last keyframe. */
  #position = 0;

  private constructor(folder: StreamFolder, options: Partial<HlsStreamOptions>) {
    const { lowLatency = true } = options;
    const targetDuration = lowLatency ? 2 : 6;
    this.folder = folder;
    this.stream = new HlsStream({
      folder,
      clock: this.clock,
      lowLatency,
      targetDuration,
      window: null,
      persistent: false,
      ...options,
    });
    this.stream.observer.on('running', () => {
      this.playable += 1;
    });
    const segmentDuration = targetDuration * 1000;
    const timing = { keyframeInterval: 1000, segmentDuration, ...(lowLatency && { partDuration: 300 }) };
    this.packager = new Packager(timing, this.stream);
    this.packager.format(format(), { wallClock });
  }

  static async open(path: string, options: Partial<HlsStreamOptions> = {}): Promise<RunningStream> {
    const durable = options.persistent ?? false;
    return new RunningStream(await StreamFolder.create({ path, durable, logger: pino({ level: 'silent' }) }), options);
  }

  /** @param count frames, of which each 24th is a keyframe; with their audio */
  feed(count: number): this {
    for (let i = 0; i < count; i += 1) {
      const keyframe = this.#position % framesPerGroup === 0;
      this.packager.sample(sample('video', this.#frames * frame, frame, keyframe, keyframe ? 400 : 100));
      this.#frames += 1;
      this.#position += 1;
      for (; this.#sounds * 1024 <= this.#frames * 2000; this.#sounds += 1) {
        this.packager.sample(sample('audio', this.#sounds * 1024, 1024, true, 20));
      }
    }
    return this;
  }

  seconds(count: number): this {
    return this.feed(count * framesPerGroup);
  }

  /** The encoders were replaced: another format, whose first frame is a keyframe. */
  changeFormat(epoch: number): this {
    this.#position = 0;
    this.packager.format(format(epoch), { wallClock });
    return this;
  }

  /** What viewers see now. */
  playlist(name = 'g2QABXZpZGVv.m3u8'): string | undefined {
    return this.stream.file(name)?.body.toString();
  }

  lines(tag: string, name?: string): string[] {
    return (this.playlist(name) ?? '').split('\n').filter((line) => line.startsWith(tag));
  }

  async end(): Promise<void> {
    this.packager.end();
    await this.stream.close();
  }
}

function sample(kind: ProgramSample['kind'], time: number, duration: number, keyframe: boolean, size: number) {
  return { kind, data: Buffer.alloc(size, 1), time, duration, keyframe };
}
