import type { types } from 'mediasoup';
import { measureRound, type Round, type RoundOptions } from './round.ts';

export interface ForwardingOptions extends Omit<RoundOptions, 'packetsSent'> {
  /** Those that are forwarded to; they are paused before and afterwards. */
  readonly consumers: readonly types.Consumer[];
}

/** What forwarding to some of the consumers of a media worker costs. */
export async function measureForwarding({ consumers, ...options }: ForwardingOptions): Promise<Round> {
  await Promise.all(consumers.map((consumer) => consumer.resume()));
  const round = await measureRound({ ...options, packetsSent: () => packetsSent(consumers) });
  await Promise.all(consumers.map((consumer) => consumer.pause()));
  return round;
}

async function packetsSent(consumers: readonly types.Consumer[]): Promise<number> {
  const counts = await Promise.all(
    consumers.map(async (consumer) => {
      const stats = await consumer.getStats();
      return Number(stats.find(({ type }) => type === 'outbound-rtp')?.packetCount ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
