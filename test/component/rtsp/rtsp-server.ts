import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Mount {
  /** A GStreamer pipeline with payloaders called pay0 and pay1. */
  readonly launch: string;
  /** @defaultValue both */
  readonly protocols?: 'udp' | 'tcp' | 'both';
  /** Whether all clients see the same pipeline. Default true. */
  readonly shared?: boolean;
}

export interface RtspServerOptions {
  readonly mounts: Readonly<Record<string, Mount>>;
  /** @defaultValue any free one */
  readonly port?: number;
  readonly authentication?: 'basic' | 'digest';
  readonly user?: string;
  readonly password?: string;
}

/** A gst-rtsp-server in a process of its own, run by the system's Python. */
export class RtspServer {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(options: RtspServerOptions): Promise<RtspServer> {
    const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'rtsp-server.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    child.stdin.write(`${JSON.stringify(options)}\n`);
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^ready (\d+)$/.exec(line)?.[1];
      if (port !== undefined) return new RtspServer(child, Number(port));
    }
    throw new Error('The RTSP server did not start.');
  }

  url(path: string, user?: string, password?: string): string {
    const credentials = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
    return `rtsp://${credentials}127.0.0.1:${this.port}${path}`;
  }

  /** Stops answering and sending; the connections stay. */
  freeze(): void {
    this.#process.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  /** Idempotent; as if the power had failed. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}

export interface CameraOptions {
  /** Pictures from keyframe to keyframe. Default 25. */
  readonly gop?: number;
  readonly bFrames?: number;
  /** @defaultValue none */
  readonly audio?: 'opus' | 'aac' | 'pcmu' | 'pcma';
}

/** A camera with 25 pictures per second; sound: a tone of 440 Hz. */
export function cameraPipeline({ gop = 25, bFrames = 0, audio }: CameraOptions = {}): string {
  const tune = bFrames > 0 ? `bframes=${bFrames} b-adapt=false rc-lookahead=0` : 'tune=zerolatency';
  // with sliced threads the payloader would put parameter sets between the slices of one picture
  const encoder = `x264enc ${tune} speed-preset=ultrafast threads=1 sliced-threads=false key-int-max=${gop} bitrate=500`;
  const profile = bFrames > 0 ? 'main' : 'constrained-baseline';
  const video =
    `videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1 ! ${encoder} ! ` +
    `video/x-h264,profile=${profile} ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1`;
  return audio ? `${video} ${microphone(audio)}` : video;
}

const payloaders = {
  opus: 'audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay name=pay1 pt=97',
  aac: 'audio/x-raw,rate=44100,channels=2 ! avenc_aac ! rtpmp4gpay name=pay1 pt=97',
  pcmu: 'audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0',
  pcma: 'audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8',
};

function microphone(codec: keyof typeof payloaders): string {
  return `audiotestsrc is-live=true freq=440 ! audioconvert ! audioresample ! ${payloaders[codec]}`;
}
