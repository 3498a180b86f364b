import { setTimeout as delay } from 'node:timers/promises';
import { cpuTime } from './process-usage.ts';
import type { VideoSource } from './video-source.ts';

/** Milliseconds until what is switched on runs evenly. */
const settleTime = 300;

/** What a server did in one round. */
export interface Round {
  readonly packets: number;
  /** Microseconds of processor time per forwarded packet. */
  readonly cost: number;
}

export interface RoundOptions {
  /** Those of the server's processes that count. */
  readonly pids: readonly number[];
  readonly source: VideoSource;
  /** Packets that the server has sent so far. */
  readonly packetsSent: () => Promise<number>;
  /** Milliseconds. */
  readonly duration: number;
}

/** Publishes for a while and looks at what it costs the server. */
export async function measureRound({ pids, source, packetsSent, duration }: RoundOptions): Promise<Round> {
  source.resume();
  await delay(settleTime);
  const before = { packets: await packetsSent(), cpu: await cpuTimes(pids) };
  await delay(duration);
  const packets = (await packetsSent()) - before.packets;
  const cpu = (await cpuTimes(pids)) - before.cpu;
  source.pause();
  if (packets === 0) throw new Error('The server has not forwarded anything.');
  return { packets, cost: cpu / packets };
}

async function cpuTimes(pids: readonly number[]): Promise<number> {
  return (await Promise.all(pids.map(cpuTime))).reduce((sum, time) => sum + time, 0);
}
