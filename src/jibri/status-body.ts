import type { SlotState, SlotStatus } from '../recorder/slot.ts';

const busyStatuses = { idle: 'IDLE', busy: 'BUSY', expired: 'EXPIRED' } as const satisfies Record<SlotState, string>;

/** The status of a slot. The order of the members matters, as some orchestrators compare text (docs/contracts/jibri.md 2.2). */
export function statusBody({ state, healthy }: SlotStatus) {
  const busyStatus = busyStatuses[state];
  if (healthy) return { busyStatus, health: { healthStatus: 'HEALTHY', details: {} } };
  const JibriManager = { healthStatus: 'UNHEALTHY', detail: '' };
  return { busyStatus, health: { healthStatus: 'UNHEALTHY', details: { JibriManager } } };
}

/** The body of `health`, for clients of the old and of the new shape: docs/contracts/jibri.md 2.2. */
export function healthBody(status: SlotStatus): string {
  return JSON.stringify({ busy: status.state !== 'idle', status: statusBody(status) });
}
