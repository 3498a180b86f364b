import type { Row } from './benchmark.ts';
import { withCleanup } from './load/cleanup.ts';
import { median } from './load/median.ts';
import { Receivers } from './load/receivers.ts';
import { measureRelay } from './load/relayed-forwarding.ts';
import { otherNumbers, SfuRoom } from './load/sfu-room.ts';

export const title = 'forwarding with the egress remap';

const receiverCount = 60;
/** Packets per second. */
const rate = 400;
const rounds = 6;
/** Milliseconds. */
const duration = 2000;

export async function run(): Promise<Row[]> {
  return [...(await compareRemap()), await measureRelay()];
}

async function compareRemap(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const receivers = Receivers.start(cleanup);
    const room = await SfuRoom.open(cleanup, receivers, receiverCount, rate);
    receivers.freeze();
    const plain = await room.consume();
    const remapped = await room.consume(otherNumbers);

    const costs: { plain: number; remapped: number }[] = [];
    await room.forward(plain, duration);
    for (let round = 0; round < rounds; round += 1) {
      // Who comes first changes, so that a drift of the machine's speed favours nobody.
      const inOrder = round % 2 === 0;
      const first = await room.forward(inOrder ? plain : remapped, duration);
      const second = await room.forward(inOrder ? remapped : plain, duration);
      costs.push(inOrder ? { plain: first.cost, remapped: second.cost } : { plain: second.cost, remapped: first.cost });
    }
    const note = `${receiverCount} WebRTC receivers, ${receiverCount * rate} packets/s of 1.1 kB, AES-128-GCM; ${rounds} rounds each`;
    const middle = (variant: 'plain' | 'remapped') => median(costs.map((cost) => cost[variant]));
    return [
      {
        what: 'CPU per forwarded packet, remapped / plain',
        ratio: median(costs.map((cost) => cost.remapped / cost.plain)),
        figure: `${middle('remapped').toFixed(1)} / ${middle('plain').toFixed(1)} µs`,
        note: `at most 1.1; ${note}`,
      },
    ];
  });
}
