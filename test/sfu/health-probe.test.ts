import t from 'tap';
import { HealthProbe } from '../../src/sfu/health-probe.ts';
import { MediaWorker } from '../../src/sfu/media-worker.ts';
import { workerBinary } from '../../src/sfu/worker-binary.ts';

const worker = await MediaWorker.start({
  address: { listenIp: '127.0.0.1', announcedIp: '127.0.0.1' },
  portRange: { min: 41_000, max: 41_999 },
  serverPort: undefined,
  binary: workerBinary(),
});
t.teardown(() => worker.close());

/** A worker that records what is allocated on it. */
class WatchedWorkers {
  transports = 0;
  readonly workers = [worker];

  constructor() {
    const watched = Object.create(worker) as MediaWorker;
    watched.openRoom = async (...args) => {
      const room = await worker.openRoom(...args);
      const create = room.createTransport.bind(room);
      room.createTransport = async (peerId) => {
        this.transports += 1;
        return await create(peerId);
      };
      return room;
    };
    this.workers = [watched];
  }
}

t.test('a check allocates a transport and leaves nothing', async (t) => {
  const watched = new WatchedWorkers();
  await new HealthProbe(watched).check();
  t.equal(watched.transports, 1);
  t.equal(worker.rooms, 0);
});

t.test('a result is shared for three seconds', async (t) => {
  const watched = new WatchedWorkers();
  let now = 1000;
  const probe = new HealthProbe(watched, () => now);
  await Promise.all([probe.check(), probe.check()]);
  now += 3000;
  await probe.check();
  t.equal(watched.transports, 1);
  now += 1;
  await probe.check();
  t.equal(watched.transports, 2);
});

t.test('a check fails without a worker and with a dead one', async (t) => {
  await t.rejects(new HealthProbe({ workers: [] }).check(), { message: 'No media worker is alive.' });
  const died = new Promise<Error>((resolve) => worker.onDied(resolve));
  process.kill(worker.pid, 'SIGKILL');
  await died;
  await t.rejects(new HealthProbe({ workers: [worker] }).check());
});
