/** Ticks per second of a sample's times: video in 90 kHz, audio in samples. */
export const timescale = { video: 90_000, audio: 48_000 } as const;

/** How the samples of a program feed are encoded. It changes only with a discontinuity. */
export interface ProgramFormat {
  /** Grows by one with each discontinuity; 0 at first. */
  readonly epoch: number;
  readonly video: {
    /** Pixels. */
    readonly width: number;
    readonly height: number;
    /** Frames per second at most. Frames last for whole ticks of it, longer where a machine cannot follow. */
    readonly frameRate: number;
    /** RFC 6381, such as `avc1.4d4028`. */
    readonly codec: string;
    /** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 5.3.3.1. */
    readonly decoderConfiguration: Uint8Array;
  };
  readonly audio: {
    /** RFC 6381: `mp4a.40.2`. */
    readonly codec: string;
    /** Hz. */
    readonly sampleRate: 48_000;
    readonly channels: 1 | 2;
    /** AudioSpecificConfig, ISO/IEC 14496-3 section 1.6.2.1. */
    readonly decoderConfiguration: Uint8Array;
  };
}

/** One encoded frame of the program feed. Each kind comes in order and without a hole. */
export interface ProgramSample {
  readonly kind: 'video' | 'audio';
  /** Video: NAL units with four-byte lengths, without parameter sets. Audio: one AAC frame of 1024 samples, without a header. */
  readonly data: Uint8Array;
  /** On the feed's timeline, which begins with 0 and goes on through discontinuities, in the kind's timescale. */
  readonly time: number;
  /** In the kind's timescale. */
  readonly duration: number;
  /** True for audio. */
  readonly keyframe: boolean;
}

/** Where a feed starts on the wall clock: `PROGRAM-DATE-TIME` is this plus a sample's time. */
export interface ProgramStart {
  /** Milliseconds since the Unix epoch. */
  readonly wallClock: number;
  /** From where on the {@link ProgramGrid} counts, on the timeline of the feed, in ms; 0 unless said. */
  readonly grid?: number;
}

/** What a program feed is cut into: an HLS stream, a file, an RTMP push. Calls come one after the other. */
export interface ProgramSink {
  /** Before the first sample and before each sample of another format. A sink that joins a running feed gets the current one. */
  format(format: ProgramFormat, start: ProgramStart): void;
  /** A sink's first video sample is a keyframe; audio before it is not delivered. */
  sample(sample: ProgramSample): void;
  /** No more samples come: the feed ended (`undefined`), or broke beyond repair. Called once. */
  end(error: Error | undefined): void;
}
