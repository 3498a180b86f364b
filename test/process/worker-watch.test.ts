import t from 'tap';
import { type WorkerFault, WorkerWatch } from '../../src/process/worker-watch.ts';
import { HeldClock } from '../clock/held-clock.ts';

function watch() {
  const clock = new HeldClock();
  const faults: WorkerFault[] = [];
  let pings = 0;
  const watch = new WorkerWatch({
    ...{ pid: process.pid, maxMemory: 0, clock },
    ping: () => {
      pings += 1;
    },
    onFault: (fault) => faults.push(fault),
  });
  return { watch, clock, faults, pings: () => pings };
}

t.test('a worker that responds to each ping has no fault', async (t) => {
  const { watch: watched, clock, faults, pings } = watch();
  for (let look = 0; look < 100; look += 1) {
    clock.advance(3000);
    watched.hear();
  }
  t.equal(pings(), 100);
  t.same(faults, []);
  watched.close();
  t.equal(clock.pending, 0);
});

t.test('a worker has a minute to start, then 15 s for each response', async (t) => {
  const { watch: watched, clock, faults } = watch();
  clock.advance(59_999);
  t.same(faults, []);
  watched.hear();
  clock.advance(15_000);
  t.same(faults, []);
  clock.advance(1);
  t.match(faults, [{ reason: 'no response' }]);
  clock.advance(60_000);
  t.equal(faults.length, 1, 'once');
});

t.test('a worker that sends nothing has a fault after a minute', async (t) => {
  const { clock, faults } = watch();
  clock.advance(60_000);
  t.same(faults, [{ reason: 'no response', silentMs: 60_000 }]);
});
