import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Cleanup } from './cleanup.ts';
import { CompanionProcess } from './companion-process.ts';
import { ProcessTree } from './process-tree.ts';
import { RoomWindow } from './room-window.ts';
import { SoundServer } from './sound-server.ts';
import { type PictureSize, VirtualDisplay } from './virtual-display.ts';

export interface JibriRigOptions {
  readonly size: PictureSize;
  readonly frameRate: number;
  /** `host:port` of the server. */
  readonly host: string;
  /** Of a peer of the room. */
  readonly token: string;
  /** Tracks with pictures that it waits for before it records. */
  readonly pictures: number;
  /** Path of the MP4 that it makes. */
  readonly file: string;
}

/**
 * The way Jibri records: a browser in a window shows the room, and ffmpeg records the screen and the sound. It is kinder than
 * Jibri is: no Java, no ChromeDriver, no window manager, and a page with nothing but the pictures.
 */
export class JibriRig {
  readonly window: RoomWindow;
  readonly all: ProcessTree;
  readonly parts: Readonly<Record<'Chromium' | 'Xvfb' | 'PulseAudio' | 'ffmpeg', ProcessTree>>;
  /** Ms from nothing to the first recorded picture. */
  readonly startTime: number;
  /** Path of the MP4. */
  readonly file: string;
  readonly #recorder: CompanionProcess;
  readonly #began = performance.now();
  #length = 0;

  private constructor(parts: {
    window: RoomWindow;
    recorder: CompanionProcess;
    pids: number[];
    begin: number;
    file: string;
  }) {
    const { window, recorder, pids, begin, file } = parts;
    const [display = 0, sound = 0] = pids;
    this.window = window;
    this.#recorder = recorder;
    this.startTime = this.#began - begin;
    this.file = file;
    this.all = new ProcessTree([...pids, window.pid, recorder.pid]);
    this.parts = {
      Chromium: new ProcessTree([window.pid]),
      Xvfb: new ProcessTree([display]),
      PulseAudio: new ProcessTree([sound]),
      ffmpeg: new ProcessTree([recorder.pid]),
    };
  }

  /** Resolves with the first recorded picture. */
  static async start(cleanup: Cleanup, options: JibriRigOptions): Promise<JibriRig> {
    const begin = performance.now();
    const { size, host, token, pictures, file } = options;
    const display = await VirtualDisplay.start(cleanup, size);
    const sound = await SoundServer.start(cleanup);
    const environment = { ...sound.environment, DISPLAY: display.name };
    const window = await RoomWindow.open(cleanup, { size, environment, host, token });
    await window.plays(pictures);
    const recorder = await record(cleanup, options, environment);
    const pids = [display.pid, sound.pid];
    return new JibriRig({ window, recorder, pids, begin, file });
  }

  /** Seconds that the file should last, once it is complete. */
  get length(): number {
    return this.#length;
  }

  /** Ends the recording; the file is complete then. @returns ms that it took */
  async stop(): Promise<number> {
    const begin = performance.now();
    this.#length = (begin - this.#began) / 1000;
    await this.#recorder.end('SIGINT');
    return performance.now() - begin;
  }
}

/** With the numbers of Jibri: docs/contracts/jibri.md 6.2, and ultrafast as it does for files. */
async function record(
  cleanup: Cleanup,
  { size, frameRate, file }: JibriRigOptions,
  environment: Record<string, string>,
): Promise<CompanionProcess> {
  const screen = ['-f', 'x11grab', '-draw_mouse', '0', '-r', String(frameRate), '-s', `${size.width}x${size.height}`];
  const loudspeaker = ['-thread_queue_size', '4096', '-f', 'pulse', '-i', SoundServer.source];
  const video = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-pix_fmt',
    'yuv420p',
    '-crf',
    '25',
  ];
  const limits = ['-maxrate', '2976k', '-bufsize', '5952k', '-r', String(frameRate), '-g', String(2 * frameRate)];
  const audio = ['-c:a', 'aac', '-b:a', '128k', '-ar', '44100'];
  const args = [
    ...['-nostdin', '-y', '-v', 'error', '-nostats', '-stats_period', '0.05', '-progress', 'pipe:1'],
    ...['-thread_queue_size', '4096', ...screen, '-i', `${environment['DISPLAY']}.0+0,0`, ...loudspeaker],
    ...[...video, ...limits, ...audio, '-f', 'mp4', file],
  ];
  const env = { ...process.env, ...environment };
  const ffmpeg = await CompanionProcess.start(cleanup, 'ffmpeg', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await recordsPictures(ffmpeg);
  return ffmpeg;
}

/** Reads on afterwards, so that the reports do not fill the pipe. */
async function recordsPictures({ child }: CompanionProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout as Readable });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => /^frame=\s*[1-9]/.test(line) && resolve());
    lines.once('close', () => reject(new Error('The screen was not recorded.')));
  });
}
