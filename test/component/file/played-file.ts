import { once } from 'node:events';
import { pino } from 'pino';
import type { Test } from 'tap';
import type { ComponentKind } from '../../../src/component/component-kind.ts';
import { fileKind } from '../../../src/component/file/file-kind.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { H264Depacketizer } from '../../../src/media/rtp/h264-depacketizer.ts';
import type { RtpPacket } from '../../../src/media/rtp/rtp-packet.ts';
import type { Component } from '../../../src/room/component.ts';
import type { VideoCodec } from '../../../src/room/room-config.ts';
import { StoppedClock } from '../../clock/stopped-clock.ts';
import { RoomOnWorker } from '../../sfu/room-on-worker.ts';
import type { SampleMedia } from './sample-media.ts';

/** A room into which files are played. */
export class FileRoom {
  readonly world: RoomOnWorker;
  /** Lines of the component's log, as objects. */
  readonly log: Record<string, unknown>[] = [];
  readonly #clock = new StoppedClock();
  readonly #kind: ComponentKind;

  private constructor(world: RoomOnWorker, resourcesBasePath: string) {
    this.world = world;
    const logger = pino({ level: 'debug' }, { write: (line) => this.log.push(JSON.parse(line)) });
    this.#kind = fileKind({ resourcesBasePath, clock: this.#clock, logger });
  }

  static async open(t: Test, media: SampleMedia, videoCodec: VideoCodec | null = 'h264'): Promise<FileRoom> {
    const world = await RoomOnWorker.open(videoCodec);
    t.teardown(() => world.close());
    return new FileRoom(world, media.resources);
  }

  /** Shows the first picture; it goes on when somebody watches. */
  async play(filePath: string, framerate?: number): Promise<Component> {
    return await this.#kind.create(this.world.room, { filePath, ...(framerate !== undefined && { framerate }) });
  }

  /** Everything that a viewer gets of a track who is there from the start, once the track has ended. */
  async record(trackId?: string): Promise<ViewedTrack> {
    const [recording] = await this.recordAll([trackId]);
    return recording as ViewedTrack;
  }

  /** The same of several tracks at once. */
  async recordAll(trackIds: readonly (string | undefined)[]): Promise<ViewedTrack[]> {
    const watched = trackIds.map(async (id) => {
      const tap = await this.world.tap(id);
      const recording = new ViewedTrack();
      tap.observer.on('packet', (packet) => recording.packets.push({ ...packet, arrivedAt: performance.now() }));
      const closed = once(tap.observer, 'closed');
      await tap.resume();
      return { recording, closed };
    });
    const tracks = await Promise.all(watched);
    this.goOn();
    await Promise.all(tracks.map(({ closed }) => closed));
    return tracks.map(({ recording }) => recording);
  }

  /** What is played moves on from now on. */
  goOn(): void {
    this.#clock.start();
  }
}

/** The packets of one track. */
export class ViewedTrack {
  readonly packets: (RtpPacket & { readonly arrivedAt: number })[] = [];

  /** Each once, counted from the first. */
  get timestamps(): number[] {
    const first = this.packets[0]?.timestamp ?? 0;
    return [...new Set(this.packets.map(({ timestamp }) => (timestamp - first) >>> 0))];
  }

  /** Whether no sequence number is missing. */
  get gapless(): boolean {
    const first = this.packets[0]?.sequenceNumber ?? 0;
    return this.packets.every(({ sequenceNumber }, index) => sequenceNumber === ((first + index) & 0xffff));
  }

  /** Of H264. */
  get annexB(): Buffer {
    const depacketizer = new H264Depacketizer();
    return toAnnexB(this.packets.flatMap((packet) => depacketizer.push(packet)));
  }
}
