import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import t from 'tap';
import { createLogger } from '../../src/log/logger.ts';
import type { MediaWorker } from '../../src/sfu/media-worker.ts';
import { workerBinary } from '../../src/sfu/worker-binary.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../src/sfu/worker-pool.ts';
import { eventually } from '../eventually.ts';
import { PortBlock } from '../port-block.ts';

const logger = createLogger({ level: 'error', structured: true }, { write: () => undefined });
const config = {
  roomId: 'lobby',
  maxPeers: null,
  videoCodec: null,
  webhookUrl: null,
  peerlessPurgeTimeout: null,
  peerDisconnectedTimeout: null,
};
const ignoreCrash = () => undefined;

async function open(t: Test, options: Partial<WorkerPoolOptions> = {}): Promise<WorkerPool> {
  const pool = await WorkerPool.start({
    count: 2,
    address: { listenIp: '127.0.0.1', announcedIp: '127.0.0.1' },
    portRange: { min: 41_000, max: 41_999 },
    webRtcServer: false,
    binary: workerBinary(),
    logger,
    ...options,
  });
  t.teardown(() => pool.close());
  return pool;
}

const loads = (pool: WorkerPool) => pool.workers.map(({ rooms }) => rooms);

t.test('a new room goes to the least loaded worker', async (t) => {
  const pool = await open(t);
  const rooms = [];
  for (let count = 0; count < 4; count += 1) rooms.push(await pool.openRoom(config, ignoreCrash));
  t.same(loads(pool), [2, 2]);
  rooms[0]?.close();
  rooms[2]?.close();
  t.same(loads(pool), [0, 2]);
  await pool.openRoom(config, ignoreCrash);
  await pool.openRoom(config, ignoreCrash);
  t.same(loads(pool), [2, 2], 'both went where there were none');
});

t.test('a worker that dies crashes only its own rooms and is replaced', async (t) => {
  const pool = await open(t);
  const crashed: number[] = [];
  for (let room = 0; room < 4; room += 1) await pool.openRoom(config, () => crashed.push(room));
  const [first, second] = pool.workers as [MediaWorker, MediaWorker];
  const died = new Promise<Error>((resolve) => first.onDied(resolve));
  process.kill(first.pid, 'SIGKILL');
  await died;
  t.match(readFileSync(`/proc/${second.pid}/environ`, 'latin1'), 'GLIBC_TUNABLES=glibc.malloc.hugetlb=1');
  t.same(crashed, [0, 2]);
  t.same(pool.workers, [second], 'until another one has started, there is one less');
  await pool.openRoom(config, ignoreCrash);
  t.equal(second.rooms, 3);
  await pool.close();
  t.equal(pool.restarts, 1);
  t.equal(pool.workers.length, 2, 'closing waits for the one that was being started, too');
  for (const { pid } of pool.workers) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

/** Makes a worker hang until it is killed. */
const stop = ({ pid }: MediaWorker) => process.kill(pid, 'SIGSTOP');

t.test('a worker that hangs gets no rooms, and is replaced', async (t) => {
  const pool = await open(t);
  const crashed: number[] = [];
  for (let room = 0; room < 3; room += 1) await pool.openRoom(config, () => crashed.push(room));
  const [first, second] = pool.workers as [MediaWorker, MediaWorker];
  stop(second);
  await pool.openRoom(config, () => crashed.push(3));
  t.notOk(second.responds);
  t.equal(first.rooms, 3, 'the room is on the other one, although that has more');
  await pool.openRoom(config, () => crashed.push(4));
  t.equal(first.rooms, 4, 'the one that hangs is not asked again');
  await eventually('it is replaced', () => pool.restarts === 1);
  t.equal(pool.workers.length, 2);
  t.throws(() => process.kill(second.pid, 0), { code: 'ESRCH' });
  t.same(crashed, [1], 'a room that was tried on it first is not affected');
});

t.test('a hanging worker is found without a room, and used again when it goes on', async (t) => {
  const pool = await open(t, { count: 1 });
  const [worker] = pool.workers as [MediaWorker];
  stop(worker);
  await eventually('it is found', () => !worker.responds);
  await t.rejects(pool.openRoom(config, ignoreCrash), { code: 'noMediaWorker', status: 503 });
  process.kill(worker.pid, 'SIGCONT');
  await eventually('it responds', () => worker.responds);
  t.ok(await pool.openRoom(config, ignoreCrash));
  t.equal(worker.rooms, 1);
  t.equal(pool.restarts, 0);
});

t.test('without a worker that responds there is no room', async (t) => {
  const pool = await open(t);
  for (const worker of pool.workers) stop(worker);
  await t.rejects(pool.openRoom(config, ignoreCrash), { code: 'noMediaWorker', status: 503 });
});

t.test('a hanging worker does not keep the pool from closing', async (t) => {
  const pool = await open(t);
  const [first, second] = pool.workers as [MediaWorker, MediaWorker];
  stop(first);
  await pool.close();
  for (const { pid } of [first, second]) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

t.test('a pool that cannot start leaves no process behind', async (t) => {
  await t.rejects(open(t, { binary: '/nowhere/mediasoup-worker' }));
  const { min, max } = await PortBlock.claim(t);
  const options = { webRtcServer: true, portRange: { min, max } };
  const taken = createSocket('udp4').bind(min + 1, '127.0.0.1');
  try {
    await once(taken, 'listening');
    await t.rejects(open(t, options), new RegExp(String(min + 1)), 'the second worker has no port');
  } finally {
    taken.close();
  }
  await once(taken, 'close');
  t.equal((await open(t, options)).workers.length, 2, 'the first one has given its own back');
});
