import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { ffmpegOutput } from '../../command-output.ts';
import { RtpSender, type Script } from '../../rtp-sender.ts';

/** Frames per second, in and out. */
const frameRate = 30;
const videoBitrate = '3M';
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'];
/** As the feed's encoders. */
const videoOut = [
  ...['-c:v', 'libx264', '-threads', '2', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'main'],
  ...['-b:v', videoBitrate, '-maxrate', videoBitrate, '-bufsize', '1500k'],
  ...['-g', String(frameRate), '-keyint_min', String(frameRate), '-sc_threshold', '0', '-bf', '0'],
];
const audioOut = ['-c:a', 'aac', '-aac_coder', 'fast', '-b:a', '96k', '-ar', '48000', '-ac', '2'];
const output = ['-f', 'flv', '/dev/null', '-y', '-progress', 'pipe:1'];

/** What each publisher sends. */
export interface Scripts {
  readonly video: Script;
  readonly audio: Script;
}

/** One ffmpeg that decodes one or four publishers at 1280x720, lays them out in a fixed filter graph and encodes the result. */
export class StaticGraph {
  readonly #child: ChildProcess;
  readonly #senders: RtpSender[] = [];
  #frames = 0;

  private constructor(args: readonly string[]) {
    const options = ['-hide_banner', '-loglevel', 'fatal', '-nostdin'];
    this.#child = spawn('ffmpeg', [...options, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const [frames] = chunk.toString().match(/(?<=^frame=)\d+/m) ?? [];
      if (frames !== undefined) this.#frames = Number(frames);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** That it has encoded, told twice a second. */
  get frames(): number {
    return this.#frames;
  }

  /** Picture only, from a file that is read at the speed of real time. @param seconds that it lasts */
  static async fromFiles(publishers: number, folder: string, source: string, seconds: number): Promise<StaticGraph> {
    const file = join(folder, 'input.h264');
    const length = ['-t', String(seconds), '-pix_fmt', 'yuv420p', '-b:v', '1500k', '-g', '60'];
    await writeFile(
      file,
      await ffmpegOutput(['-f', 'lavfi', '-i', source, ...length, ...h264, '-f', 'h264', 'pipe:1']),
    );
    const inputs = Array.from({ length: publishers }, () => ['-re', '-threads', '1', '-f', 'h264', '-i', file]).flat();
    const graph = ['-filter_complex', pictureGraph(publishers), '-map', '[out]'];
    return new StaticGraph([...inputs, ...graph, ...videoOut, ...output]);
  }

  /** Picture and sound, from RTP. @param firstPort four ports per publisher from here on are free */
  static async fromRtp(publishers: number, folder: string, scripts: Scripts, firstPort: number): Promise<StaticGraph> {
    const ports = Array.from({ length: publishers }, (_, index) => firstPort + 4 * index);
    const files = await Promise.all(
      ports.map(async (port) => {
        const file = join(folder, `${port}.sdp`);
        await writeFile(file, description(port, port + 2));
        return file;
      }),
    );
    const queues = ['-thread_queue_size', '1024', '-buffer_size', String(4 * 1024 * 1024)];
    const options = ['-protocol_whitelist', 'file,udp,rtp', ...queues, '-threads', '1', '-f', 'sdp'];
    const inputs = files.flatMap((file) => [...options, '-i', file]);
    const sounds = files.map((_, index) => `[${index}:a]`).join('');
    const graph = `${pictureGraph(publishers)};${sounds}amix=inputs=${publishers}[sound]`;
    const maps = ['-filter_complex', graph, '-map', '[out]', '-map', '[sound]', '-r', String(frameRate)];
    const made = new StaticGraph([...inputs, ...maps, ...videoOut, ...audioOut, ...output]);
    // inputs are opened one after the other: from streams that run already it never gets level
    await pause(1000);
    made.#send(ports, scripts);
    return made;
  }

  #send(ports: readonly number[], { video, audio }: Scripts): void {
    const same = { clock: monotonicClock, startAt: monotonicClock.now() };
    for (const port of ports) {
      this.#senders.push(new RtpSender({ ...same, script: video, port, ssrc: port, payloadType: 101 }));
      this.#senders.push(new RtpSender({ ...same, script: audio, port: port + 2, ssrc: port + 2, payloadType: 100 }));
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.close()));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

function pictureGraph(publishers: number): string {
  if (publishers === 1) return '[0:v]null[out]';
  const scaled = [0, 1, 2, 3].map((index) => `[${index}:v]scale=640:360:flags=area[t${index}]`);
  return `${scaled.join(';')};[t0][t1][t2][t3]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[out]`;
}

function description(videoPort: number, audioPort: number): string {
  return [
    ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
    ...[`m=video ${videoPort} RTP/AVP 101`, 'a=rtpmap:101 H264/90000', 'a=fmtp:101 packetization-mode=1'],
    ...[`m=audio ${audioPort} RTP/AVP 100`, 'a=rtpmap:100 opus/48000/2', ''],
  ].join('\r\n');
}
