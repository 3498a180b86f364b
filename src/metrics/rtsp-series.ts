import { Gauge, type Registry } from 'prom-client';
import { RtspComponent } from '../component/rtsp/rtsp-component.ts';
import type { RoomRegistry } from '../room/room-registry.ts';

/** The state of RTSP sources, which the REST API does not have. Read at the time of the scrape. */
export function createRtspSeries(registry: Registry, rooms: Pick<RoomRegistry, 'list'>): void {
  const sources = () =>
    rooms.list().flatMap(({ components }) => [...components.values()].map(({ source }) => source).filter(isRtsp));
  new Gauge({
    name: 'shoal_rtsp_sources',
    help: 'RTSP components by state and by why the last attempt to receive the source failed, or what of it cannot be decoded',
    labelNames: ['state', 'error'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const source of sources()) this.inc({ state: source.state, error: source.lastError ?? '' });
    },
  });
  new Gauge({
    name: 'shoal_rtsp_unsupported_streams',
    help: 'Streams of RTSP sources that cannot be received, by encoding',
    labelNames: ['kind', 'encoding'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { unsupported } of sources()) {
        for (const { kind, encoding } of unsupported) this.inc({ kind, encoding });
      }
    },
  });
}

function isRtsp(source: unknown): source is RtspComponent {
  return source instanceof RtspComponent;
}
