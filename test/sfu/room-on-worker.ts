import type { Room } from '../../src/room/room.ts';
import type { VideoCodec } from '../../src/room/room-config.ts';
import type { RoomEvent } from '../../src/room/room-event.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { MediaWorker } from '../../src/sfu/media-worker.ts';
import type { Publication } from '../../src/sfu/publication.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { workerBinary } from '../../src/sfu/worker-binary.ts';
import { RtpTap } from './rtp-tap.ts';

/** A room on a real media worker. */
export class RoomOnWorker {
  readonly room: Room<RoomRouter>;
  readonly registry: RoomRegistry<RoomRouter>;
  /** The room's events, without its creation. */
  readonly events: RoomEvent[] = [];
  /** The bus that the room emits to. */
  readonly roomEvents: RoomEvents;
  readonly #worker: MediaWorker;
  readonly #ownsWorker: boolean;

  private constructor(
    worker: MediaWorker,
    ownsWorker: boolean,
    registry: RoomRegistry<RoomRouter>,
    roomEvents: RoomEvents,
    room: Room<RoomRouter>,
  ) {
    this.#worker = worker;
    this.#ownsWorker = ownsWorker;
    this.registry = registry;
    this.roomEvents = roomEvents;
    this.room = room;
    roomEvents.subscribe((event) => this.events.push(event));
  }

  /** Starts a media worker for several rooms. */
  static async startWorker(): Promise<MediaWorker> {
    const address = { listenIp: '127.0.0.1', announcedIp: '127.0.0.1' };
    const portRange = { min: 41_000, max: 41_999 };
    return await MediaWorker.start({ address, portRange, serverPort: undefined, binary: workerBinary() });
  }

  /** @param shared worker of several rooms; undefined: one of its own */
  static async open(videoCodec: VideoCodec | null = 'h264', shared?: MediaWorker): Promise<RoomOnWorker> {
    const worker = shared ?? (await RoomOnWorker.startWorker());
    const events = new RoomEvents();
    const openMedia = async (_config: unknown, onCrash: () => void) => await worker.openRoom(videoCodec, onCrash);
    const registry = new RoomRegistry({ events, openMedia });
    const config = { roomId: 'lobby', maxPeers: null, videoCodec, webhookUrl: null };
    const room = await registry.create({ ...config, peerlessPurgeTimeout: null, peerDisconnectedTimeout: null });
    return new RoomOnWorker(worker, !shared, registry, events, room);
  }

  /** Resolves with the first event of this type, past or future. */
  async event<T extends RoomEvent['type']>(type: T): Promise<RoomEvent & { type: T }> {
    const is = (event: RoomEvent): event is RoomEvent & { type: T } => event.type === type;
    const past = this.events.find(is);
    if (past) return past;
    return await new Promise((resolve) => {
      const off = this.roomEvents.subscribe((event) => {
        if (!is(event)) return;
        off();
        resolve(event);
      });
    });
  }

  /** Kills the media worker as a crash would. */
  killWorker(): void {
    process.kill(this.#worker.pid, 'SIGKILL');
  }

  /** A tap on a track that is in the room, silent until it is resumed. */
  async tap(trackId?: string): Promise<RtpTap> {
    const publications = this.room.media.publications;
    const publication = trackId === undefined ? [...publications.values()][0] : publications.get(trackId);
    return await RtpTap.open(this.room.media, publication as Publication);
  }

  async close(): Promise<void> {
    await this.registry.close();
    if (this.#ownsWorker) await this.#worker.close();
  }
}
