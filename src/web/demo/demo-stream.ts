import type { Components } from '../../component/components.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Room } from '../../room/room.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';

/** Streams a room of the demo over low-latency HLS, for everybody who opens its player. */
export class DemoStream {
  readonly #components: Components;

  constructor(components: Components) {
    this.#components = components;
  }

  /** Does nothing when there is a stream already. @throws ShoalError componentsDisabled */
  async start(room: Room<RoomRouter>): Promise<void> {
    try {
      await this.#components.create(room, 'hls', { lowLatency: true }, { anyCodec: true });
    } catch (error) {
      if (!(error instanceof ShoalError) || error.code !== 'componentLimitReached') throw error;
    }
  }

  /** Does nothing when there is no stream. */
  async stop(room: Room): Promise<void> {
    const component = [...room.components.values()].find(({ type }) => type === 'hls');
    if (component) await room.removeComponent(component.id);
  }
}
