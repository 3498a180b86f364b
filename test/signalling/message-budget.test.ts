import { once } from 'node:events';
import t from 'tap';
import { MessageBudget } from '../../src/signalling/message-budget.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { connectSocketPair } from '../net/socket-pair.ts';

t.test('a flood is read in portions until all of it is read', async (t) => {
  const { server, client } = await connectSocketPair(t);
  const clock = new HeldClock();
  const budget = new MessageBudget(server, clock);
  let read = 0;
  server.on('message', (data) => {
    read += 1;
    budget.spend((data as Buffer).length);
  });
  const total = 2000;
  const message = 'x'.repeat(1000);
  for (let sent = 0; sent < total; sent += 1) client.send(message);

  let portions = 0;
  for (; read < total && portions < 20; portions += 1) {
    while (!server.isPaused && read < total) await once(server, 'message');
    // What was already read from the kernel when the socket was paused, 64 KiB at most, still arrives.
    t.ok(read <= (portions + 1) * 501 + (portions + 1) * 66, `${read} after portion ${portions}`);
    clock.advance(50);
  }
  t.ok(portions >= 3, `in ${portions} portions`);
  t.equal(read, total);
  t.equal(server.readyState, server.OPEN);
});

t.test('bytes are limited, too', async (t) => {
  const { server } = await connectSocketPair(t);
  const clock = new HeldClock();
  const budget = new MessageBudget(server, clock);
  budget.spend(2_000_001);
  t.equal(server.isPaused, true);
  clock.advance(50);
  t.equal(server.isPaused, false);
});

t.test('the CPU time that messages take is limited, and what is beyond the limit is made up for', async (t) => {
  const { server } = await connectSocketPair(t);
  const clock = new HeldClock();
  let now = 0;
  const budget = new MessageBudget(server, clock, () => now);
  const work = (duration: number) => () => {
    now += duration;
  };
  budget.spend(1, work(10));
  t.equal(server.isPaused, false);
  budget.spend(1, work(25));
  t.equal(server.isPaused, true);
  for (const isPaused of [true, true, false]) {
    clock.advance(50);
    t.equal(server.isPaused, isPaused);
  }
});
