import { createHash } from 'node:crypto';
import type { SrvRecord } from 'node:dns';

/**
 * The order in which the servers of an SRV record are tried: by priority, then at random by weight (RFC 2782). The order of the same records
 * and the same seed is always the same, so that a registration stays at its server.
 */
export function srvOrder(records: readonly SrvRecord[], seed: string): SrvRecord[] {
  const drawn = records.map((record) => ({ record, lot: lotOf(record, seed) }));
  drawn.sort((one, other) => one.record.priority - other.record.priority || one.lot - other.lot);
  return drawn.map(({ record }) => record);
}

/** Exponentially distributed with the weight as its rate: the smallest lot is that of a record with a probability of its share of the weights. */
function lotOf({ name, port, weight }: SrvRecord, seed: string): number {
  const digest = createHash('sha256').update(`${seed} ${name} ${port}`).digest();
  const uniform = (digest.readUInt32BE() + 1) / 2 ** 32;
  // a weight of 0 has a small chance
  return -Math.log(uniform) / Math.max(weight, 0.01);
}
