import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { Decoder } from '@evan/opus';
import { createWorker } from 'mediasoup';
import type { Worker } from 'mediasoup/types';
import type { Test } from 'tap';
import { type Clock, systemClock } from '../../../src/clock/clock.ts';
import type { GivenOptions } from '../../../src/component/component-kind.ts';
import { readRtspOptions } from '../../../src/component/rtsp/options.ts';
import { RtspComponent } from '../../../src/component/rtsp/rtsp-component.ts';
import type { RtspConnectionOptions } from '../../../src/component/rtsp/rtsp-connection.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { H264Depacketizer } from '../../../src/media/rtp/h264-depacketizer.ts';
import type { RtpPacket } from '../../../src/media/rtp/rtp-packet.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import type { Room } from '../../../src/room/room.ts';
import type { RoomEvent } from '../../../src/room/room-event.ts';
import { RoomEvents } from '../../../src/room/room-events.ts';
import { RoomRegistry } from '../../../src/room/room-registry.ts';
import { mediaCodecs } from '../../../src/sfu/media-codecs.ts';
import { RoomRouter } from '../../../src/sfu/room-router.ts';
import { workerBinary } from '../../../src/sfu/worker-binary.ts';
import type { LogLine } from '../../log/log-line.ts';
import { RtpTap } from '../../sfu/rtp-tap.ts';

/** A room on a real media worker, for RTSP components. */
export class CameraRoom {
  readonly room: Room<RoomRouter>;
  readonly log: LogLine[] = [];
  readonly #happened: RoomEvent[] = [];
  readonly #changes = new EventEmitter<{ change: [] }>();
  readonly #dependencies: RtspConnectionOptions;

  readonly #worker: Worker;

  private constructor(worker: Worker, room: Room<RoomRouter>, events: RoomEvents, dependencies: RtspConnectionOptions) {
    this.#worker = worker;
    this.room = room;
    this.#dependencies = dependencies;
    this.#changes.setMaxListeners(0);
    events.subscribe((event) => {
      this.#happened.push(event);
      this.#changes.emit('change');
    });
  }

  static async open(t: Pick<Test, 'teardown'>, dependencies: Partial<RtspConnectionOptions> = {}): Promise<CameraRoom> {
    const clock: Clock = dependencies.clock ?? systemClock;
    const worker = await createWorker({ workerBin: workerBinary() });
    t.teardown(() => endWorker(worker));
    const router = await worker.createRouter({ mediaCodecs: mediaCodecs('h264') });
    const openMedia = async () => new RoomRouter(router, { listenInfos: [{ protocol: 'udp', ip }] }, [ip]);
    const events = new RoomEvents();
    const registry = new RoomRegistry({ events, openMedia, clock });
    const room = await registry.create({ ...roomConfig, roomId: 'yard' });
    t.teardown(() => registry.close());
    return new CameraRoom(worker, room, events, { guard: new AddressGuard(), verifyTls: true, clock, ...dependencies });
  }

  async add(options: GivenOptions): Promise<RtspComponent> {
    const logger = createLogger(
      { level: 'debug', structured: true },
      {
        write: (line) => {
          this.log.push(JSON.parse(line));
          this.#changes.emit('change');
        },
      },
    );
    const rtsp = new RtspComponent({ room: this.room, logger }, readRtspOptions(options), this.#dependencies);
    await rtsp.open();
    return rtsp;
  }

  /** Adds a component and waits until its session plays. */
  async play(options: GivenOptions): Promise<RtspComponent> {
    const rtsp = await this.add(options);
    await this.sees('trackAdded');
    return rtsp;
  }

  /** As if the media worker had crashed; nobody tells the room. */
  async killWorker(): Promise<void> {
    const died = once(this.#worker, 'died');
    process.kill(this.#worker.pid, 'SIGKILL');
    await died;
  }

  /** Events of a type so far. */
  events(type: RoomEvent['type']): RoomEvent[] {
    return this.#happened.filter((event) => event.type === type);
  }

  /** Waits until there have been so many events of a type. */
  async sees(type: RoomEvent['type'], count = 1): Promise<void> {
    await this.#until(() => this.events(type).length >= count);
  }

  /** Waits for a line in the log with this failure code, the `count`th of them. */
  async fails(code: string, count = 1): Promise<void> {
    await this.logs((record) => record.metadata.code === code, count);
  }

  /** Waits until components have been received (again) `count` times. */
  async receives(count = 1): Promise<void> {
    await this.#until(() => this.receptions >= count);
  }

  /** How often components have been received (again). */
  get receptions(): number {
    return this.log.filter(({ message }) => message === 'An RTSP source is received.').length;
  }

  async logs(accept: (record: LogLine) => boolean, count = 1): Promise<void> {
    await this.#until(() => this.log.filter(accept).length >= count);
  }

  /** Waits until the component is out of the room and everything of it is closed. */
  async remove(rtsp: RtspComponent): Promise<void> {
    await this.room.removeComponent(rtsp.component.id);
  }

  /** Forwards a track of the component to the test from now on. */
  async tap(rtsp: RtspComponent, type: 'audio' | 'video'): Promise<TappedTrack> {
    const track = [...rtsp.component.tracks.values()].find((each) => each.type === type);
    const publication = track && this.room.media.publications.get(track.id);
    if (!publication) throw new Error(`The component has no ${type}.`);
    const tap = await RtpTap.open(this.room.media, publication);
    const recording = new TappedTrack(tap);
    await tap.resume();
    return recording;
  }

  /** Looks again whenever something happens. */
  async #until(happened: () => boolean): Promise<void> {
    while (!happened()) await once(this.#changes, 'change');
  }
}

/** What a tap has given so far. */
export class TappedTrack {
  readonly packets: RtpPacket[] = [];
  readonly tap: RtpTap;

  constructor(tap: RtpTap) {
    this.tap = tap;
    tap.observer.on('packet', (packet) => this.packets.push({ ...packet, payload: Buffer.from(packet.payload) }));
  }

  /** Waits for so many more packets. */
  async more(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) await once(this.tap.observer, 'packet');
  }

  /** Waits for so many more ends of pictures. */
  async morePictures(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const [packet] = (await once(this.tap.observer, 'packet')) as [RtpPacket];
      if (packet.marker) left -= 1;
    }
  }

  /** Of all audio so far, but for its beginning, in Hz. */
  pitch(): number {
    const decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
    const samples = this.packets.flatMap(({ payload }) => {
      const pcm = decoder.decode(payload);
      return [...new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2)];
    });
    const late = samples.slice(9600);
    const periods = late.filter((sample, index) => index > 0 && sample >= 0 && (late[index - 1] ?? 0) < 0).length;
    return (periods / late.length) * 48_000;
  }

  /** All video so far, as a decoder sees it. */
  async decode(): Promise<{ pictures: number; complaints: string }> {
    const depacketizer = new H264Depacketizer();
    const stream = toAnnexB(this.packets.flatMap((packet) => depacketizer.push(packet)));
    const args = ['-v', 'error', '-f', 'h264', '-i', 'pipe:0', '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1'];
    const child = spawn('ffmpeg', args);
    child.stdin.on('error', () => undefined);
    child.stdin.end(stream);
    let output = '';
    let complaints = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk;
    });
    await once(child, 'close');
    const pictures = output.split('\n').filter((line) => /^\d/.test(line)).length;
    return { pictures, complaints };
  }
}

const ip = '127.0.0.1';
const roomConfig = {
  maxPeers: null,
  videoCodec: 'h264',
  webhookUrl: null,
  peerlessPurgeTimeout: null,
  peerDisconnectedTimeout: null,
} as const;

async function endWorker(worker: Worker): Promise<void> {
  if (worker.subprocessClosed) return;
  const ended = once(worker, 'subprocessclose');
  worker.close();
  await ended;
}
