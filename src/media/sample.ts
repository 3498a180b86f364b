/** Units of a sample's times, in ticks per second: 90 kHz for video, the sample rate for audio. */
export const timescale = { video: 90_000, audio: 48_000 } as const;

/** What a receiver of a program requires of frames that are passed through as a camera or file sent them. */
export interface PassthroughLimits {
  /** Maximum interval of keyframes, in ms. */
  readonly keyframeInterval: number;
  /** Whether the frames are to fill parts of low-latency HLS. */
  readonly parts: boolean;
}

/** Frames that are passed through: they follow each other at the times of their source. */
export interface PassedFrames {
  /** Maximum interval of keyframes, in ms. */
  readonly keyframeInterval: number;
  /** Number of frames that fill a part of low-latency HLS, and the part target in ticks. Undefined: there are no parts. */
  readonly part?: { readonly frames: number; readonly target: number } | undefined;
}

/** The encoding of the samples of a program. It changes only at a discontinuity. */
export interface ProgramFormat {
  /** Incremented at each discontinuity, from 0. */
  readonly epoch: number;
  readonly video: {
    /** In pixels. */
    readonly width: number;
    readonly height: number;
    /** Maximum frame rate. The duration of a frame is one tick of it, or several when the machine cannot keep up; that of a passed frame varies. */
    readonly frameRate: number;
    /** Undefined: the frames are those of the program's own encoder. */
    readonly passed?: PassedFrames;
    /** RFC 6381, such as `avc1.4d4028`. */
    readonly codec: string;
    /** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 5.3.3.1. */
    readonly decoderConfiguration: Uint8Array;
  };
  readonly audio: {
    /** RFC 6381: `mp4a.40.2`. */
    readonly codec: string;
    /** In Hz. */
    readonly sampleRate: 48_000;
    readonly channels: 1 | 2;
    /** AudioSpecificConfig, ISO/IEC 14496-3 section 1.6.2.1. */
    readonly decoderConfiguration: Uint8Array;
  };
}

/** An encoded frame of a program. Frames of each kind are contiguous and in order. */
export interface ProgramSample {
  readonly kind: 'video' | 'audio';
  /** Video: NAL units with four-byte lengths, with parameter sets only once frames have been passed through. Audio: one AAC frame of 1024 samples, without a header. */
  readonly data: Uint8Array;
  /** On the program's timeline, which starts at 0 and continues through discontinuities, in the kind's timescale. */
  readonly time: number;
  /** In the kind's timescale. */
  readonly duration: number;
  /** True for audio. */
  readonly keyframe: boolean;
}

/** The start of a program on the wall clock: `PROGRAM-DATE-TIME` is this plus a sample's time. */
export interface ProgramStart {
  /** Milliseconds since the Unix epoch. */
  readonly wallClock: number;
  /** Origin of the {@link ProgramGrid} on the program's timeline, in ms. Default 0. */
  readonly grid?: number;
}

/** A receiver of a program: an HLS stream, a file, an RTMP push. Calls are sequential. */
export interface ProgramSink {
  /** Undefined: it takes only frames of the program's own encoder, all of one size. */
  readonly passthrough?: PassthroughLimits | undefined;
  /** Called before the first sample and before each change of the format. A sink that joins a running program gets the current one. */
  format(format: ProgramFormat, start: ProgramStart): void;
  /** Called for each sample. The first video sample is a keyframe; audio before it is not delivered. */
  sample(sample: ProgramSample): void;
  /** Called once, when no more samples come: the program has ended (`undefined`) or failed. */
  end(error: Error | undefined): void;
}
