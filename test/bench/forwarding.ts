import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workerBinary } from '../../src/sfu/worker-binary.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { median } from './load/median.ts';
import { PlainRoom } from './load/plain-room.ts';
import { Receivers } from './load/receivers.ts';
import { measureRelay } from './load/relayed-forwarding.ts';
import { otherNumbers, SfuRoom } from './load/sfu-room.ts';

export const title = 'forwarding with the egress remap, with SRTP and through the relay';

const receiverCount = 60;
/** Packets per second. */
const rate = 400;
const rounds = 6;
/** Milliseconds. */
const duration = 2000;
const load = `${receiverCount} receivers, ${receiverCount * rate} packets/s of 1.1 kB; ${rounds} rounds each`;

/** What one variant costs in one round, in microseconds per packet. */
type Forward = () => Promise<{ readonly cost: number }>;

export async function run(): Promise<Row[]> {
  return [await withCleanup(remap), ...(await withCleanup(srtp)), await measureRelay()];
}

async function remap(cleanup: Cleanup): Promise<Row> {
  const receivers = Receivers.start(cleanup);
  const room = await SfuRoom.open(cleanup, receivers, receiverCount, rate);
  receivers.freeze();
  const plain = await room.consume();
  const remapped = await room.consume(otherNumbers);
  const costs = await compare({
    plain: () => room.forward(plain, duration),
    remapped: () => room.forward(remapped, duration),
  });
  const note = `at most 1.1; WebRTC, AES-128-GCM, ${load}`;
  return row('CPU per forwarded packet, remapped / plain', costs.remapped, costs.plain, note);
}

/** Without ICE and DTLS, so that nothing but the crypto differs. */
async function srtp(cleanup: Cleanup): Promise<Row[]> {
  const receivers = Receivers.start(cleanup);
  const binary = workerBinary();
  const room = await PlainRoom.open(cleanup, receivers, rate, binary);
  const other = join(dirname(binary), 'mediasoup-worker-system-libsrtp');
  const systemRoom = existsSync(other) ? await PlainRoom.open(cleanup, receivers, rate, other) : undefined;
  receivers.freeze();
  const suites = { gcm: 'AEAD_AES_128_GCM', sha1: 'AES_CM_128_HMAC_SHA1_80', none: undefined } as const;
  const variants: Record<string, Forward> = {};
  for (const [name, suite] of Object.entries(suites)) {
    const consumers = await room.consume(receiverCount, suite);
    variants[name] = () => room.forward(consumers, duration);
    if (!systemRoom || !suite) continue;
    const systemConsumers = await systemRoom.consume(receiverCount, suite);
    variants[`${name} of the system`] = () => systemRoom.forward(systemConsumers, duration);
  }
  const costs = await compare(variants);
  const rows = [row('CPU per forwarded packet, GCM / no SRTP', costs['gcm'], costs['none'], `at most 1.6; ${load}`)];
  if (!systemRoom) return [...rows, { what: 'CPU per forwarded packet, OpenSSL / NSS', note: 'no worker with both' }];
  const note = `libsrtp of our own / the one of the distribution, with NSS on Debian; ${load}`;
  return [
    ...rows,
    row('CPU per forwarded packet with GCM, OpenSSL / NSS', costs['gcm'], costs['gcm of the system'], note),
    row('CPU per forwarded packet with SHA1, OpenSSL / NSS', costs['sha1'], costs['sha1 of the system'], note),
  ];
}

/** Costs by variant and round. Who comes first changes, so that a drift of the machine's speed favours nobody. */
async function compare<Name extends string>(variants: Record<Name, Forward>): Promise<Record<Name, number[]>> {
  const names = Object.keys(variants) as Name[];
  const costs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  await variants[names[0] as Name]();
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) costs[name].push((await variants[name]()).cost);
  }
  return costs;
}

function row(what: string, costs: readonly number[] = [], others: readonly number[] = [], note: string): Row {
  return {
    what,
    ratio: median(costs.map((cost, round) => cost / (others[round] ?? Number.NaN))),
    figure: `${median(costs).toFixed(1)} / ${median(others).toFixed(1)} µs`,
    note,
  };
}
