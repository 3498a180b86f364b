import { createWorker } from 'mediasoup';
import type { Worker, WorkerSettings } from 'mediasoup/types';
import { withChildEnvironment } from '../process/child-environment.ts';

/**
 * The heap is of huge pages where the kernel has them for those who ask: what one packet touches is spread over more pages than the
 * processor remembers (glibc manual, "Memory Allocation Tunables").
 */
const environment = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };

/**
 * mediasoup's default, and the pacer's interval in ms. mediasoup paces no media, and probes have intervals of their own; with the default
 * of 5 ms each client, also an idle one, costs 200 timers a second. 25 ms is the interval that libwebrtc's estimation is made for.
 */
const libwebrtcFieldTrials = 'WebRTC-Bwe-AlrLimitedBackoff/Enabled/WebRTC-Pacer-MinPacketLimitMs/25/';

/** Starts a process of mediasoup's worker, without our variables. The process exists when this returns. */
export function startWorker(settings: Pick<WorkerSettings, 'workerBin' | 'logLevel'>): Promise<Worker> {
  // mediasoup hands on to its process whatever our environment holds, secrets too
  return withChildEnvironment(() => createWorker({ ...settings, libwebrtcFieldTrials }), environment);
}
