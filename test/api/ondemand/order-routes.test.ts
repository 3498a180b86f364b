// docs/contracts/jod.md 1 and 2, over real sockets; what stands behind the route is a double.
import { once } from 'node:events';
import { connect } from 'node:net';
import { stringify } from 'node:querystring';
import t, { type Test } from 'tap';
import { orderRoutes } from '../../../src/api/ondemand/order-routes.ts';
import { ShoalError } from '../../../src/error/shoal-error.ts';
import { OrderError, type OrderFields, type OrderRefusal } from '../../../src/ondemand/order.ts';
import { commandOutput } from '../../command-output.ts';
import { type ApiResponse, RunningApi } from '../running-api.ts';

const path = '/deploy-recorder';
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const fields = {
  apiKey: 'JOD-3c4708cf-dc4c-4166-9cc3-ba483f6b7f6b',
  domain: 'call.myjitsidomain.com',
  recorders: '28',
  duration: '6',
  location: 'nyc',
  callback_url: 'https://hooks.example/cb?a=1&b=ü',
};
const none = Object.fromEntries(Object.keys(fields).map((name) => [name, undefined]));

/** Accepts every order, unless it has something to throw. */
class OrdersDouble {
  readonly orders: OrderFields[] = [];
  readonly deployed: string[] = [];
  failure: unknown;
  /** Awaited by orders. */
  delay: Promise<void> | undefined;
  onOrder: () => void = () => undefined;
  onDeploy: () => void = () => undefined;

  async order(order: OrderFields) {
    this.orders.push(order);
    this.onOrder();
    await this.delay;
    if (this.failure) throw this.failure;
    return { deploymentId: `deployment-${this.orders.length}`, balance: 1360 };
  }

  deploy(id: string): void {
    this.deployed.push(id);
    this.onDeploy();
  }
}

async function start(t: Test) {
  const orders = new OrdersDouble();
  const api = await RunningApi.start({ plugins: [orderRoutes(orders)] });
  t.teardown(() => api.close());
  const send = (body: unknown, headers: Record<string, string> = form) =>
    api.ask('POST', path, { body, headers, anonymous: true });
  return { orders, api, send };
}

/** Status, type and text, to the letter. */
const isReply = (t: Test, { status, headers, text }: ApiResponse, expected: [number, string], message: string) =>
  t.strictSame([status, headers['content-type'], text], [expected[0], 'application/json', expected[1]], message);

t.test('an accepted order is told what is left, and is deployed after that', async (t) => {
  const { orders, send } = await start(t);
  const deployed = new Promise<void>((resolve) => {
    orders.onDeploy = resolve;
  });
  const response = await send(stringify(fields));
  const message = 'your deployment will join your jitsi soon';
  const expected = `{"it":"worked","message":"${message}","balance":13.6,"deployment_id":"deployment-1"}`;
  isReply(t, response, [200, expected], 'the response');
  await deployed;
  t.strictSame(orders.deployed, ['deployment-1']);
  t.strictSame(orders.orders, [fields]);
});

t.test('each refusal has its status and text', async (t) => {
  const { orders, api, send } = await start(t);
  const because = (refusal: OrderRefusal) => new OrderError(refusal);
  const cases: [unknown, number, string][] = [
    [because({ reason: 'unavailable', retryAfter: 7 }), 503, '{"it":"failed","message":"service unavailable"}'],
    [new ShoalError('databaseUnavailable', 'away'), 503, '{"it":"failed","message":"service unavailable"}'],
    [because({ reason: 'unknownKey' }), 401, '{"it":"failed","message":"invalid API Key"}'],
    [because({ reason: 'missing', field: 'domain' }), 400, '{"it":"failed","message":"domain is required"}'],
    [because({ reason: 'invalid', field: 'location' }), 400, '{"it":"failed","message":"location is invalid"}'],
    [because({ reason: 'incompleteDomain' }), 406, '{"it":"failed","message":"domain configuration is incomplete"}'],
    [
      because({ reason: 'balance', balance: 1999 }),
      402,
      '{"it":"failed","message":"not enough balance","balance":19.99}',
    ],
    [because({ reason: 'balance', balance: 0 }), 402, '{"it":"failed","message":"not enough balance","balance":0}'],
    [new Error('secret'), 500, '{"it":"failed","message":"internal server error"}'],
  ];
  for (const [failure, status, text] of cases) {
    orders.failure = failure;
    const response = await send(stringify(fields));
    isReply(t, response, [status, text], text);
    t.equal(response.headers['retry-after'] !== undefined, status === 503, 'Retry-After comes with 503');
  }
  t.strictSame(orders.deployed, [], 'nothing is deployed');
  t.equal(api.errors.length, 1, 'the unexpected is logged');
});

t.test('forms and JSON are read, of any charset, and nothing else', async (t) => {
  const { orders, send } = await start(t);
  const json = { 'content-type': 'application/json' };
  const read = async (body: unknown, headers: Record<string, string> = form) => {
    await send(body, headers);
    return orders.orders.at(-1);
  };
  const text = stringify(fields);
  const utf8 = { 'content-type': 'Application/X-WWW-form-urlencoded ; charset=UTF-8' };
  t.strictSame(await read(text, utf8), fields, 'with a charset');
  t.strictSame(await read(JSON.stringify(fields), { 'content-type': 'application/json; charset=utf-8' }), fields);
  t.strictSame(await read(`\uFEFF${JSON.stringify({ ...fields, recorders: 28, duration: 6 })}`, json), fields);
  t.strictSame(
    await read(`more=1&${text}&domain=other.example&recorders=1&_method=DELETE`),
    fields,
    'the first counts',
  );
  t.match(await read('apiKey=a+b&domain=%zz&location=%ff&recorders[]=1'), {
    ...{ apiKey: 'a b', domain: '%zz', location: '\uFFFD', recorders: undefined, callback_url: undefined },
  });
  t.strictSame(await read('{"apiKey":null,"recorders":1.5}', json), { ...none, recorders: '1.5' });
  const wrong = await read(
    '{"apiKey":["k"],"domain":{},"recorders":true,"location":[[]],"__proto__":{"duration":"1"}}',
    json,
  );
  t.strictSame(wrong, { ...none, apiKey: '\0', domain: '\0', recorders: '\0', location: '\0' }, 'no value of a field');
  const unread: [unknown, Record<string, string>][] = [
    [text, {}],
    [text, { 'content-type': 'text/plain' }],
    [text, { 'content-type': ';' }],
    [text, json],
    ['{"apiKey":"k"', json],
    ['[{"apiKey":"k"}]', json],
    ['null', json],
    ['"apiKey"', json],
    [JSON.stringify(fields), { 'content-type': 'application/vnd.api+json' }],
    [JSON.stringify(fields), form],
    [
      '--b\r\ncontent-disposition: form-data; name=apiKey\r\n\r\nk\r\n--b--',
      { 'content-type': 'multipart/form-data; boundary=b' },
    ],
    [undefined, form],
    ['', json],
    ['[['.repeat(8000), json],
  ];
  for (const [body, headers] of unread) {
    t.strictSame(await read(body, headers), none, `${String(body).slice(0, 20)} as ${headers['content-type']}`);
  }
});

t.test('what goes wrong before an order is read has the same shape', async (t) => {
  const { orders, api, send } = await start(t);
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const sent = method.startsWith('P') ? { body: stringify(fields), headers: form } : {};
    const response = await api.ask(method, path, sent);
    isReply(t, response, [405, '{"it":"failed","message":"method not allowed"}'], method);
    t.equal(response.headers.allow, 'POST');
  }
  t.match(await api.ask('HEAD', path), { status: 405, headers: { allow: 'POST' }, text: '' });
  const tooLarge = '{"it":"failed","message":"request entity too large"}';
  const padded = (length: number) => `${stringify(fields)}&more=`.padEnd(length, 'x');
  for (const length of [16_385, 9_000_000]) isReply(t, await send(padded(length)), [413, tooLarge], `${length} bytes`);
  const chunked = { ...form, 'transfer-encoding': 'chunked' };
  isReply(t, await send(padded(100_000), chunked), [413, tooLarge], 'of no stated length');
  t.equal(orders.orders.length, 0);
  t.match(await send(padded(16_384)), { status: 200 }, 'as long as may be');
  t.match(await send(padded(10_000), chunked), { status: 200 }, 'of no stated length');
  const query = await api.ask('POST', `${path}?x=%ff`, { body: stringify(fields), headers: form });
  isReply(t, query, [400, '{"it":"failed","message":"bad request"}'], 'a query that is no text');
});

t.test('neither Accept nor the token of the API matters', async (t) => {
  const { orders, send, api } = await start(t);
  t.match(await send(stringify(fields), { ...form, accept: 'image/png' }), { status: 200 });
  t.match(await api.ask('POST', path, { body: stringify(fields), headers: form }), { status: 200 });
  t.match(await send(stringify(fields), { ...form, authorization: 'Bearer wrong' }), { status: 200 });
  t.match(await send(`${stringify(fields)}&apiKey=other`, { ...form, 'x-http-method-override': 'DELETE' }), {
    status: 200,
  });
  t.equal(orders.orders.length, 4);
});

t.test('a client that goes away has ordered all the same', async (t) => {
  const { orders, api } = await start(t);
  let accept = () => {};
  orders.delay = new Promise((resolve) => {
    accept = resolve;
  });
  const ordered = new Promise<void>((resolve) => {
    orders.onOrder = resolve;
  });
  const deployed = new Promise<void>((resolve) => {
    orders.onDeploy = resolve;
  });
  const socket = connect(api.port, '127.0.0.1');
  const body = stringify(fields);
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${form['content-type']}`;
  socket.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await ordered;
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  t.strictSame(orders.deployed, [], 'not before it was accepted');
  accept();
  await deployed;
  t.strictSame(orders.deployed, ['deployment-1']);
});

// That of axios: test/contract/deploy-recorder.test.ts.
t.test('the published example of curl works as it is', async (t) => {
  const { orders, api } = await start(t);
  const url = `http://127.0.0.1:${api.port}${path}`;
  const data = Object.entries(fields).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
  const args = ['--silent', '--show-error', '--location', '--request', 'POST', url];
  const { stdout } = await commandOutput('curl', [
    ...args,
    '--header',
    `Content-Type: ${form['content-type']}`,
    ...data,
  ]);
  t.match(JSON.parse(stdout), { it: 'worked', balance: 13.6 });
  await commandOutput('curl', [...args, ...data]);
  t.strictSame(orders.orders, [fields, fields]);
});
