import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Test } from 'tap';
import { type ClockReport, toNtpTime, writeSenderReport } from '../../src/media/rtp/rtcp.ts';
import { monotonicClock } from '../../workers/composer/monotonic-clock.ts';
import { ScriptedCamera, usual } from '../component/rtsp/scripted-camera.ts';
import { RtpSender, type Script } from '../rtp-sender.ts';
import { videoScript } from '../scripts.ts';
import { numberBits } from './browser/number-bits.ts';

export interface NumberedVideoOptions {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** How many pictures; then the numbers begin anew. At most 1024. */
  readonly count: number;
  /** Pictures from one keyframe to the next. Default: one second. */
  readonly group?: number;
}

/** Pictures that bear their numbers as black and white blocks. */
export async function numberedVideo(options: NumberedVideoOptions): Promise<Script> {
  const { width, height, frameRate, count, group = frameRate } = options;
  const blocks = numberBits.flatMap(({ bit, inverted, x, y, width, height }) => {
    const box = `drawbox=x=iw*${x}:y=ih*${y}:w=iw*${width}:h=ih*${height}:t=fill`;
    const isSet = `bitand(n\\,${2 ** bit})`;
    return [`${box}:c=black`, `${box}:c=white:enable='${inverted ? `not(${isSet})` : isSet}'`];
  });
  const source = [`testsrc2=s=${width}x${height}:r=${frameRate}`, ...blocks].join(',');
  return await videoScript({ source, frameRate, duration: count / frameRate, group, bitrate: '1500k' });
}

const payloadType = 96;
const sdp = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', 't=0 0', 'a=control:*'],
  ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1', 'a=control:track1'],
].join('\r\n');

/** A camera whose pictures bear numbers, and which remembers when it sent each of them. */
export class NumberedCamera {
  readonly #camera: ScriptedCamera;
  readonly #script: Script;
  readonly #socket = createSocket('udp4');
  readonly #sentAt: number[] = [];
  #firstTimestamp: number | undefined;
  #sender: RtpSender | undefined;

  private constructor(camera: ScriptedCamera, script: Script) {
    this.#camera = camera;
    this.#script = script;
    this.#socket.on('message', (packet) => this.#send(packet));
  }

  static async open(t: Pick<Test, 'teardown'>, script: Script): Promise<NumberedCamera> {
    const answer = usual({ sdp });
    const camera = await ScriptedCamera.open(t, (request, index) => {
      // What is sent must follow the answer to PLAY.
      if (request.method === 'PLAY') setImmediate(() => numbered.#play());
      return answer(request, index);
    });
    const numbered = new NumberedCamera(camera, script);
    t.teardown(() => numbered.#close());
    await once(numbered.#socket.bind(0, '127.0.0.1'), 'listening');
    return numbered;
  }

  get url(): string {
    return this.#camera.url();
  }

  /** When the picture of this number was sent for the last time, in ms since the Unix epoch. */
  sentAt(number: number): number | undefined {
    return this.#sentAt[number];
  }

  /** Sends nothing while time goes on. */
  mute(muted: boolean): void {
    this.#sender?.mute(muted);
  }

  /** Goes on with other pictures, from their beginning. */
  change(script: Script): void {
    this.#sender?.change(script);
  }

  #play(): void {
    this.#sender ??= new RtpSender({
      ...{ script: this.#script, ssrc: 1, payloadType, port: this.#socket.address().port },
      ...{ clock: monotonicClock, startAt: monotonicClock.now() },
      onReport: (report) => this.#report(report),
    });
  }

  #send(packet: Buffer): void {
    this.#note(packet.readUInt32BE(4));
    this.#camera.send(0, packet);
  }

  #report({ instant, timestamp }: ClockReport): void {
    const counts = { packetCount: 0, octetCount: 0 };
    const report = { ssrc: 1, ntpTime: toNtpTime(instant), rtpTimestamp: timestamp, ...counts };
    this.#camera.send(1, writeSenderReport(report));
  }

  #note(timestamp: number): void {
    this.#firstTimestamp ??= timestamp;
    const { frames, duration } = this.#script;
    const index = Math.round(((timestamp - this.#firstTimestamp) >>> 0) / (90 * (duration / frames.length)));
    this.#sentAt[index % frames.length] = monotonicClock.now();
  }

  async #close(): Promise<void> {
    await this.#sender?.close();
    this.#socket.close();
  }
}

/** A script for a page with one video: notes in `shownPictures` which pictures are shown, and when. */
export async function numberReader(): Promise<string> {
  const entry = join(import.meta.dirname, 'browser/number-reader.ts');
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife' });
  return outputFiles[0]?.text ?? '';
}
