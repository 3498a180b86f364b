import t from 'tap';
import { WebhookBacklog } from '../../src/notification/webhook-backlog.ts';

t.test('the oldest messages are dropped', (t) => {
  const dropped: number[] = [];
  const backlog = new WebhookBacklog(10_000);
  const messages = [0, 1, 2, 3].map((number) => ({
    bytes: Buffer.alloc(2000),
    drop: () => dropped.push(number),
  }));
  for (const message of messages) backlog.add(message);
  t.strictSame(dropped, [0]);
  t.equal(backlog.length, 3);

  const [, first, second] = messages;
  if (first) backlog.delete(first);
  if (first) backlog.delete(first);
  t.equal(backlog.length, 2);
  backlog.add({ bytes: Buffer.alloc(5000), drop: () => dropped.push(4) });
  t.strictSame(dropped, [0, 2]);
  if (second) backlog.delete(second);
  t.equal(backlog.length, 2, 'dropped ones are not deleted again');
  t.ok(backlog.bytes <= 10_000);
  t.end();
});

t.test('a message that exceeds the limit alone is dropped', (t) => {
  const dropped: string[] = [];
  const backlog = new WebhookBacklog(10_000);
  backlog.add({ bytes: Buffer.alloc(10_000), drop: () => dropped.push('large') });
  t.strictSame(dropped, ['large']);
  t.equal(backlog.bytes, 0);
  t.equal(backlog.length, 0);
  t.end();
});
