import type { ComponentKind } from '../../component/component-kind.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Room } from '../../room/room.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';

/** Shows a room of the demo over low-latency HLS, for anybody who opens its player. */
export class DemoStream {
  readonly #kind: ComponentKind | undefined;
  readonly #starting = new Map<Room, Promise<unknown>>();

  /** @param kind undefined when HLS components are not allowed */
  constructor(kind: ComponentKind | undefined) {
    this.#kind = kind;
  }

  /** Nothing happens when there is a stream already. @throws ShoalError componentsDisabled */
  async start(room: Room<RoomRouter>): Promise<void> {
    if (!this.#kind) throw new ShoalError('componentsDisabled', 'hls');
    if (findHls(room)) return;
    const starting = this.#starting.get(room) ?? this.#kind.create(room, { lowLatency: true });
    this.#starting.set(room, starting);
    await starting.finally(() => this.#starting.delete(room));
  }

  /** Nothing happens when there is no stream. */
  async stop(room: Room): Promise<void> {
    const component = findHls(room);
    if (component) await room.removeComponent(component.id);
  }
}

function findHls(room: Room) {
  return [...room.components.values()].find(({ type }) => type === 'hls');
}
