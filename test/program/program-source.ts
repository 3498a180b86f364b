import type { ProgramFormat, ProgramSample, ProgramSink } from '../../src/media/sample.ts';
import type { ProgramFile } from '../../src/output/program-file.ts';
import { commandOutput } from '../command-output.ts';

export interface ProgramSourceOptions {
  readonly seconds?: number;
  readonly frameRate?: number;
  /** Frames from one keyframe to the next. */
  readonly gop?: number;
  readonly width?: number;
  readonly height?: number;
}

/** What a composer would send, made by ffmpeg: a test frame and a tone, as samples in order of time. */
export interface ProgramSource {
  readonly format: ProgramFormat;
  readonly samples: readonly ProgramSample[];
}

export async function programSource(options: ProgramSourceOptions = {}): Promise<ProgramSource> {
  const { seconds = 10, frameRate = 24, gop = frameRate, width = 320, height = 180 } = options;
  const input = ['-f', 'lavfi', '-i', `testsrc2=s=${width}x${height}:r=${frameRate}`];
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:r=48000', '-t', String(seconds)];
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'baseline', '-g', String(gop)];
  const audio = ['-c:a', 'aac', '-ac', '1', '-b:a', '64k'];
  const fixed = ['-keyint_min', String(gop), '-sc_threshold', '0', '-bf', '0'];
  const args = [
    '-hide_banner',
    '-loglevel',
    'error',
    ...input,
    ...tone,
    ...video,
    ...fixed,
    ...audio,
    '-f',
    'flv',
    '-',
  ];
  const { stdout } = await commandOutput('ffmpeg', args, { encoding: 'buffer', maxBuffer: 2 ** 28 });
  return readFlv(stdout, { frameRate, width, height });
}

/** Hands everything to a sink as fast as it goes. */
export function play({ format, samples }: ProgramSource, sink: ProgramSink, wallClock = 0): void {
  sink.format(format, { wallClock });
  for (const sample of samples) sink.sample(sample);
}

/** Hands over each sample when the one before is written: what comes at once may be written at once. */
export async function write({ format, samples }: ProgramSource, file: ProgramFile): Promise<void> {
  file.format(format);
  for (const sample of samples) {
    file.sample(sample);
    await file.settled();
  }
  file.end();
  await file.settled();
}

/** Adobe Flash Video File Format Specification 10.1, annex E. */
function readFlv(flv: Buffer, frame: { frameRate: number; width: number; height: number }): ProgramSource {
  const samples: ProgramSample[] = [];
  let avcC: Buffer = Buffer.alloc(0);
  let audioConfiguration: Buffer = Buffer.alloc(0);
  let frames = 0;
  let audioFrames = 0;
  for (let at = 13; at + 11 <= flv.length; ) {
    const size = flv.readUIntBE(at + 1, 3);
    const body = flv.subarray(at + 11, at + 11 + size);
    const tag = flv[at];
    at += 11 + size + 4;
    if (tag === 9 && body[1] === 0) avcC = body.subarray(5);
    else if (tag === 8 && body[1] === 0) audioConfiguration = body.subarray(2);
    else if (tag === 9 && body[1] === 1) {
      const duration = 90_000 / frame.frameRate;
      const keyframe = (body[0] ?? 0) >> 4 === 1;
      samples.push({ kind: 'video', data: body.subarray(5), time: frames * duration, duration, keyframe });
      frames += 1;
    } else if (tag === 8) {
      const sample = { data: body.subarray(2), time: audioFrames * 1024, duration: 1024, keyframe: true };
      samples.push({ kind: 'audio', ...sample });
      audioFrames += 1;
    }
  }
  const codec = `avc1.${avcC.subarray(1, 4).toString('hex')}`;
  const audio = {
    codec: 'mp4a.40.2',
    sampleRate: 48_000,
    channels: 1,
    decoderConfiguration: audioConfiguration,
  } as const;
  return { format: { epoch: 0, video: { ...frame, codec, decoderConfiguration: avcC }, audio }, samples };
}
