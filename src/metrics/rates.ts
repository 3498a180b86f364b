import { isLevel, type Measurements } from './measurements.ts';

/** Counters for which a rate is reported, too (docs/contracts/fishjam-sockets.md 7). */
const ratedCounters = [
  'inbound-rtp.packets',
  'inbound-rtp.bytes_received',
  'inbound-rtp.markers_received',
  'outbound-rtp.packets',
  'outbound-rtp.bytes',
  'outbound-rtp.markers_sent',
  'outbound-rtp.paddings_sent',
  'ice.bytes_received',
  'ice.bytes_sent',
  'ice.packets_received',
  'ice.packets_sent',
];

/**
 * Adds `<counter>-per-second` to every level of a report, for each counter that the previous report had, too. A counter that
 * decreased belongs to a new transport or stream and gets no rate.
 *
 * @param elapsed time between the two reports, in ms; 0: no rates
 */
export function addRates(current: Measurements, previous: Measurements, elapsed: number): void {
  if (elapsed <= 0) return;
  for (const counter of ratedCounters) {
    const now = current[counter];
    const before = previous[counter];
    if (typeof now !== 'number' || typeof before !== 'number' || now < before) continue;
    current[`${counter}-per-second`] = ((now - before) * 1000) / elapsed;
  }
  for (const key of Object.keys(current)) {
    const below = previous[key];
    if (isLevel(key) && below) addRates(current[key] as Measurements, below as Measurements, elapsed);
  }
}
