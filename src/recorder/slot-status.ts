export type BusyStatus = 'IDLE' | 'BUSY' | 'EXPIRED';
export type HealthStatus = 'HEALTHY' | 'UNHEALTHY';

/** A slot as orchestrators see it; the order of the members is part of the contract, since some compare text. */
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

/** The body of `health`, for clients of the old shape and the new one alike: section 2.2 of the contract. */
export function healthBody(status: SlotStatus): string {
  return JSON.stringify({ busy: status.busyStatus !== 'IDLE', status });
}
