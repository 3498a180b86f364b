import { Gauge, type Registry } from 'prom-client';
import { RtspComponent } from '../component/rtsp/rtsp-component.ts';
import type { RoomRegistry } from '../room/room-registry.ts';

/** The state of RTSP sources, which the REST API does not have. Read at the time of the scrape. */
export function createRtspSeries(registry: Registry, rooms: RoomRegistry): void {
  new Gauge({
    name: 'shoal_rtsp_sources',
    help: 'RTSP components by state and by why the last attempt to receive the source failed',
    labelNames: ['state', 'error'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const room of rooms.list()) {
        for (const { source } of room.components.values()) {
          if (source instanceof RtspComponent) this.inc({ state: source.state, error: source.lastError ?? '' });
        }
      }
    },
  });
}
