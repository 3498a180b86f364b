import { createHmac } from 'node:crypto';
import t, { type Test } from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { OutboundClient } from '../../src/net/outbound-client.ts';
import { WebhookSender, type WebhookSenderOptions, webhookSignature } from '../../src/notification/webhook-sender.ts';
import { Receiver } from '../net/receiver.ts';

const body = Buffer.from('0a060a04726f6f6d', 'hex');
const { signal } = new AbortController();

/** @param responseTimeout ms */
function createSender(t: Test, options: Partial<WebhookSenderOptions> = {}, responseTimeout = 30_000): WebhookSender {
  const client = new OutboundClient({ guard: new AddressGuard(), responseTimeout });
  t.teardown(() => client.close());
  return new WebhookSender({ client, ...options });
}

t.test('the bytes are posted with the exact content type, unsigned', async (t) => {
  const receiver = await Receiver.start(t);
  t.strictSame(await createSender(t).send(receiver.url, body, signal), { outcome: 'delivered' });
  const [request] = await receiver.received(1);
  t.match(request, { method: 'POST', path: '/hook', body });
  const { rawHeaders = [] } = request ?? {};
  const contentType = rawHeaders.indexOf('Content-Type');
  t.equal(rawHeaders[contentType + 1], 'application/x-protobuf');
  t.notOk(request?.headers['x-fishjam-signature-256']);
  t.notOk(request?.headers.authorization);
});

t.test('with a secret the raw body is signed', async (t) => {
  const receiver = await Receiver.start(t);
  await createSender(t, { secret: new Secret('between us') }).send(receiver.url, body, signal);
  const [request] = await receiver.received(1);
  const expected = createHmac('sha256', 'between us')
    .update(request?.body ?? '')
    .digest('hex');
  t.equal(request?.headers['x-fishjam-signature-256'], `sha256=${expected}`);
});

for (const [status, outcome] of [
  [200, 'delivered'],
  [201, 'delivered'],
  [204, 'delivered'],
  [301, 'rejected'],
  [307, 'rejected'],
  [400, 'rejected'],
  [401, 'rejected'],
  [404, 'rejected'],
  [410, 'rejected'],
  [429, 'failed'],
  [500, 'failed'],
  [503, 'failed'],
] as const) {
  t.test(`status ${status} is ${outcome}`, async (t) => {
    const target = await Receiver.start(t);
    const receiver = await Receiver.start(t);
    receiver.script.push((response) => response.writeHead(status, { location: target.url, 'retry-after': '3' }).end());
    const result = await createSender(t).send(receiver.url, body, signal);
    t.match(result, { outcome, ...(outcome === 'failed' && { retryAfter: '3' }) });
    t.equal(target.requests.length, 0);
  });
}

t.test('a missing response or receiver counts as failed, a refused address or scheme as rejected', async (t) => {
  const sender = createSender(t, {}, 50);
  const hanging = await Receiver.start(t);
  hanging.script.push(() => {});
  t.match(await sender.send(hanging.url, body, signal), { outcome: 'failed' });
  const gone = await Receiver.start(t);
  const { url } = gone;
  gone.close();
  t.match(await sender.send(url, body, signal), { outcome: 'failed' });
  for (const refused of ['http://169.254.169.254/', 'ftp://hooks.test/', 'http://[x/'])
    t.match(await sender.send(refused, body, signal), { outcome: 'rejected' }, refused);
});

t.test('failing receivers have a queue of their own', async (t) => {
  const sender = createSender(t, { concurrency: 1, failingConcurrency: 1 });
  const order: string[] = [];
  const hold = Promise.withResolvers<void>();
  const failing = [
    sender.schedule(true, async () => {
      await hold.promise;
      order.push('failing 1');
    }),
    sender.schedule(true, async () => void order.push('failing 2')),
  ];
  await sender.schedule(false, async () => void order.push('passing'));
  t.strictSame(order, ['passing']);
  hold.resolve();
  await Promise.all(failing);
  t.strictSame(order, ['passing', 'failing 1', 'failing 2']);
});

t.test('the signature is the HMAC-SHA256 of the body in hexadecimal (RFC 4231, test case 2)', (t) => {
  t.strictSame(webhookSignature(new Secret('Jefe'), Buffer.from('what do ya want for nothing?')), {
    'x-fishjam-signature-256': 'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  });
  t.end();
});
