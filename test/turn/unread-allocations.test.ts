import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { createLogger } from '../../src/log/logger.ts';
import { RelayAllocations } from '../../src/turn/relay-allocations.ts';
import { RelayUsers } from '../../src/turn/relay-users.ts';
import { HeldClock } from '../clock/held-clock.ts';

t.test('a TURN server that has ended is not logged as one whose allocations cannot be read', async (t) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'warning', structured: true }, { write: (line) => lines.push(line) });
  const clock = new HeldClock();
  let looks = 0;
  let ended = true;
  const run = async () => {
    looks += 1;
    if (ended) throw new Error('TURN does not run');
    return '';
  };
  const users = new RelayUsers();
  const allocations = new RelayAllocations({ console: { run }, users, maxPerPeer: 12, clock, logger });
  t.teardown(() => allocations.close());
  /** @returns the number of lines that were logged so far */
  const look = async (times: number) => {
    for (const end = looks + times; looks < end; await turn()) clock.advance(2000);
    return lines.length;
  };

  await allocations.left('somebody');
  t.equal(await look(2), 0);
  ended = false;
  t.equal(await look(1), 0);
  ended = true;
  t.equal(await look(2), 0, 'counted anew');
  t.equal(await look(1), 1);
  t.match(JSON.parse(lines[0] ?? ''), { message: /^The allocations of the TURN server cannot be read/ });
  t.equal(await look(5), 1, 'once');
});
