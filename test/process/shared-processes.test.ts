import t from 'tap';
import { SharedProcesses } from '../../src/process/shared-processes.ts';

class Double {
  load = 0;
  closed = 0;

  async close(): Promise<void> {
    this.closed += 1;
  }
}

function open(maxProcesses: number) {
  const started: Double[] = [];
  const start = () => {
    const process = new Double();
    started.push(process);
    return process;
  };
  const processes = new SharedProcesses({ start, fullLoad: 2, maxProcesses });
  /** Gives more work. @returns which process got it */
  const give = (preferred?: Double) => {
    const chosen = processes.choose(preferred && ((process) => process === preferred));
    chosen.load += 1;
    return started.indexOf(chosen);
  };
  return { started, processes, give };
}

t.test('the least loaded process gets more, and another one is started while all are full', async (t) => {
  const { started, give } = open(3);
  t.same(
    Array.from({ length: 8 }, () => give()),
    [0, 0, 1, 1, 2, 2, 0, 1],
  );
  t.equal(started.length, 3);
  const [first, second] = started;
  if (!first || !second) throw new Error('A process is missing.');
  first.load = 0;
  second.load = 1;
  t.equal(give(second), 1, 'a preferred one that is not full');
  t.equal(give(second), 0, 'full');
});

t.test('a process that was ended or has failed gets nothing more', async (t) => {
  const { started, processes, give } = open(1);
  give();
  const [first] = started;
  if (!first) throw new Error('A process is missing.');
  const retired = processes.retire(first);
  t.equal(give(), 1);
  await retired;
  t.equal(first.closed, 1);
  processes.remove(started[1] as Double);
  t.equal(give(), 2);
  await processes.close();
  t.same(
    started.map(({ closed }) => closed),
    [1, 0, 1],
  );
  t.equal(processes.running.size, 0);
});
