import { findProgram } from '../../src/process/find-program.ts';
import type { Row } from './benchmark.ts';
import { withCleanup } from './load/cleanup.ts';
import { median } from './load/median.ts';
import { Receivers } from './load/receivers.ts';
import { otherNumbers, SfuRoom } from './load/sfu-room.ts';
import { VideoRoom } from './load/video-room.ts';

export const title = "forwarding beside Janus's VideoRoom";

const what = 'CPU per forwarded packet, ours / Janus VideoRoom';
const receiverCount = 60;
/** Packets per second. */
const rate = 400;
const rounds = 5;
/** Milliseconds. */
const duration = 2000;

export async function run(): Promise<Row[]> {
  const program = await findProgram('janus');
  if (program === undefined) return [{ what, note: 'janus not installed' }];
  return [await compare(program, 0, 'a thread per client, the default'), await compare(program, 2, '2 threads')];
}

async function compare(program: string, eventLoops: number, threads: string): Promise<Row> {
  return await withCleanup(async (cleanup) => {
    const receivers = Receivers.start(cleanup);
    const ours = await SfuRoom.open(cleanup, receivers, receiverCount, rate);
    const theirs = await VideoRoom.open(cleanup, receivers, receiverCount, rate, { program, eventLoops });
    receivers.freeze();
    const consumers = await ours.consume(otherNumbers);
    const costs: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { cost: oursNow } = await ours.forward(consumers, duration);
      costs.push({ ours: oursNow, theirs: (await theirs.forward(duration)).cost });
    }
    const middle = (whose: 'ours' | 'theirs') => median(costs.map((cost) => cost[whose])).toFixed(1);
    return {
      what,
      ratio: median(costs.map(({ ours, theirs }) => ours / theirs)),
      figure: `${middle('ours')} / ${middle('theirs')} µs`,
      note: `${receiverCount} WebRTC receivers, ${receiverCount * rate} packets/s of 1.1 kB; Janus with ${threads}`,
    };
  });
}
