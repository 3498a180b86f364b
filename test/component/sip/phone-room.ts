import { pino } from 'pino';
import type { Test } from 'tap';
import { CallLog } from '../../../src/component/sip/call-log.ts';
import { sipKind } from '../../../src/component/sip/sip-kind.ts';
import type { SipSource } from '../../../src/component/sip/sip-source.ts';
import type { Component } from '../../../src/room/component.ts';
import type { Peer } from '../../../src/room/peer.ts';
import type { RoomEvent } from '../../../src/room/room-event.ts';
import { Track } from '../../../src/room/track.ts';
import type { MediaWorker } from '../../../src/sfu/media-worker.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RoomOnWorker } from '../../sfu/room-on-worker.ts';
import { TelephonyDouble } from './telephony-double.ts';

export const credentials = { address: 'pbx.invalid', username: '1000', password: 'gar-geheim' };

/** A room on a real media worker, for SIP components whose telephony is a double. */
export class PhoneRoom {
  readonly telephony = new TelephonyDouble();
  readonly clock = new HeldClock(1_000_000);
  readonly calls: CallLog;
  readonly log: string[] = [];
  readonly world: RoomOnWorker;

  private constructor(world: RoomOnWorker) {
    this.world = world;
    this.calls = new CallLog(world.roomEvents, this.clock);
  }

  /** @param worker shared with other rooms. Default: one of its own */
  static async open(t: Pick<Test, 'teardown'>, worker?: MediaWorker): Promise<PhoneRoom> {
    const world = await RoomOnWorker.open('h264', worker);
    t.teardown(() => world.close());
    return new PhoneRoom(world);
  }

  get #logger() {
    return pino({ level: 'debug' }, { write: (line) => this.log.push(line) });
  }

  async add(options: Record<string, unknown> = {}): Promise<{ component: Component; sip: SipSource }> {
    const { telephony, calls, clock } = this;
    const kind = sipKind({ telephony, calls, clock, logger: this.#logger });
    const component = await kind.create(this.world.room, { registrarCredentials: credentials, ...options });
    return { component, sip: component.source as SipSource };
  }

  /** A peer who is heard. */
  speaker(): Peer {
    const peer = this.world.room.addPeer({ enableSimulcast: false });
    this.world.room.joinPeer(peer, null);
    this.world.room.addTracks(peer, [new Track({ id: `${peer.id}:a`, type: 'audio' })]);
    return peer;
  }

  events<T extends RoomEvent['type']>(type: T): Extract<RoomEvent, { type: T }>[] {
    return this.world.events.filter((event): event is Extract<RoomEvent, { type: T }> => event.type === type);
  }

  /** The states that calls have had, in order. */
  get states(): string[] {
    return this.events('callChanged').map(({ state, reason }) => (reason === null ? state : `${state}: ${reason}`));
  }

  get componentCount(): number {
    return this.world.room.components.size;
  }
}
