import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { TurnServer } from '../../../src/turn/turn-server.ts';
import { PortBlock } from '../../port-block.ts';
import type { Row } from '../benchmark.ts';
import { withCleanup } from './cleanup.ts';
import { median } from './median.ts';
import { Receivers } from './receivers.ts';
import { otherNumbers, SfuRoom } from './sfu-room.ts';

const receiverCount = 60;
/** Packets per second: coturn has to keep up with all of them. */
const rate = 200;
const rounds = 5;
/** Milliseconds. */
const duration = 2000;

/** What forwarding costs to clients that connect through our coturn, as those of the older generations do, beside direct ones. */
export async function measureRelay(): Promise<Row> {
  return await withCleanup(async (cleanup) => {
    const { min, max, turn } = await PortBlock.claim(cleanup);
    const ips = { listenIp: '127.0.0.1', announcedIp: '127.0.0.1' };
    const relayPorts = { min: min + 1, max };
    const options = { ...ips, udpPort: turn.udpPort, relayPorts, allocationsPerPeer: 12 };
    const relay = await TurnServer.start({ ...options, logger: pino({ enabled: false }) });
    cleanup.teardown(() => relay.close());
    const ways = { direct: Receivers.start(cleanup), relayed: Receivers.start(cleanup, relay) };
    const direct = await SfuRoom.open(cleanup, ways.direct, receiverCount, rate);
    const relayed = await SfuRoom.open(cleanup, ways.relayed, receiverCount, rate);
    for (const receivers of Object.values(ways)) receivers.freeze();
    const consumers = { direct: await direct.consume(otherNumbers), relayed: await relayed.consume(otherNumbers) };

    const others = [relay.pid as number];
    const costs: { direct: number; relayed: number }[] = [];
    let packets = 0;
    const lostBefore = await droppedPackets(relayPorts);
    for (let round = 0; round < rounds; round += 1) {
      const { cost } = await direct.forward(consumers.direct, duration);
      const through = await relayed.forward(consumers.relayed, duration, others);
      costs.push({ direct: cost, relayed: through.cost });
      packets += through.packets;
    }
    const lost = ((await droppedPackets(relayPorts)) - lostBefore) / packets;
    const middle = (way: 'direct' | 'relayed') => median(costs.map((cost) => cost[way])).toFixed(1);
    return {
      what: 'CPU per forwarded packet, SFU + coturn, relay / direct',
      ratio: median(costs.map((cost) => cost.relayed / cost.direct)),
      figure: `${middle('relayed')} / ${middle('direct')} µs`,
      note: `${receiverCount} WebRTC receivers, ${receiverCount * rate} packets/s of 1.1 kB; coturn missed ${(100 * lost).toFixed(1)} %`,
    };
  });
}

/** Packets that did not fit into the buffers of the relay's sockets so far: proc(5), /proc/net/udp. */
async function droppedPackets({ min, max }: { readonly min: number; readonly max: number }): Promise<number> {
  const [, ...lines] = (await readFile('/proc/net/udp', 'latin1')).trim().split('\n');
  const sockets = lines.map((line) => line.trim().split(/\s+/));
  const dropped = sockets.filter(([, local = '']) => {
    const port = Number.parseInt(local.split(':')[1] ?? '', 16);
    return port >= min && port <= max;
  });
  return dropped.reduce((sum, fields) => sum + Number(fields.at(-1)), 0);
}
