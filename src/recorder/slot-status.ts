export type BusyStatus = 'IDLE' | 'BUSY' | 'EXPIRED';
export type HealthStatus = 'HEALTHY' | 'UNHEALTHY';

/** A slot as orchestrators see it; the order of the members matters, since some compare text (docs/contracts/jibri.md 2.2). */
export interface SlotStatus {
  readonly busyStatus: BusyStatus;
  readonly health: {
    readonly healthStatus: HealthStatus;
    readonly details: { readonly JibriManager?: { readonly healthStatus: HealthStatus; readonly detail: string } };
  };
}

export function slotStatus(busyStatus: BusyStatus, healthy: boolean): SlotStatus {
  if (healthy) return { busyStatus, health: { healthStatus: 'HEALTHY', details: {} } };
  const JibriManager = { healthStatus: 'UNHEALTHY', detail: '' } as const;
  return { busyStatus, health: { healthStatus: 'UNHEALTHY', details: { JibriManager } } };
}

/** The body of `health`, for clients of the old shape and the new one alike: docs/contracts/jibri.md 2.2. */
export function healthBody(status: SlotStatus): string {
  return JSON.stringify({ busy: status.busyStatus !== 'IDLE', status });
}
