// docs/contracts/jod.md 2, 3, 5.3 and 6, black box. The route alone: test/api/ondemand/order-routes.test.ts.
import { stringify } from 'node:querystring';
import axios from 'axios';
import t, { type Test } from 'tap';
import { commandOutput } from '../command-output.ts';
import { type OrderResponse, RecorderCustomer } from '../end-to-end/recorder-customer.ts';
import { RunningServer } from '../running-server.ts';

const customer = await RecorderCustomer.open(t, { balance: 20, price: 0.2, recorders: 5 });
const server = await RunningServer.start(t, { ...customer.variables, JOD_LOCATIONS: 'fra,ams:1' });
customer.host = server.host;

const isFailure = (t: Test, response: OrderResponse, status: number, message: string, more = {}) =>
  t.strictSame(
    [response.status, response.type, response.json],
    [status, 'application/json', { it: 'failed', message, ...more }],
    `${status} ${message}`,
  );

t.test('what is wrong with an order is told, first things first', async (t) => {
  const nothing = Object.fromEntries(Object.keys(customer.fields()).map((name) => [name, undefined]));
  for (const apiKey of [undefined, '', ' ', 'JOD-unknown', 'x'.repeat(9000)]) {
    isFailure(t, await customer.order({ ...nothing, apiKey }), 401, 'invalid API Key');
  }
  const { apiKey = '' } = customer.fields();
  const order = ['domain', 'recorders', 'duration', 'location', 'callback_url'] as const;
  for (const [index, field] of order.entries()) {
    const later = Object.fromEntries(order.slice(index).map((name) => [name, undefined]));
    isFailure(t, await customer.order({ ...later, apiKey }), 400, `${field} is required`);
    isFailure(t, await customer.order({ ...later, [field]: ' ' }), 400, `${field} is required`);
  }
  const wrong = {
    domain: ['https://call.myjitsidomain.com', 'call.myjitsidomain.com:443', 'a b', 'a_b', 'x'.repeat(254), 'a..b'],
    recorders: ['0', '-1', '1.0', '101', '1e1', '0x1', '1 2', '\u0661', '99999999999999999999'],
    duration: ['0', '721', '1h', '+1', 'NaN'],
    location: ['xyz', 'fra,ams', 'Frankfurt'],
    callback_url: [
      'ftp://h/',
      '/cb',
      'http://u:p@h/',
      `http://h/${'x'.repeat(2048)}`,
      'http://',
      'javascript:1',
      'http://169.254.169.254/',
    ],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) isFailure(t, await customer.order({ [field]: value }), 400, `${field} is invalid`);
  }
  isFailure(t, await customer.order({ domain: '', recorders: 'x' }), 400, 'domain is required');
  for (const domain of ['other.example', 'later.example']) {
    isFailure(
      t,
      await customer.order({ domain, recorders: '100', duration: '720' }),
      406,
      'domain configuration is incomplete',
    );
  }
  const tooMuch = await customer.order({ recorders: '1', duration: '101' });
  isFailure(t, tooMuch, 402, 'not enough balance', { balance: 20 });
  t.strictSame(customer.callbacks, [], 'nobody was called');
});

t.test('an order is charged, and paid back when it fails', async (t) => {
  const { status, type, text, json } = await customer.order({
    domain: ' Call.MyJitsiDomain.com. ',
    recorders: ' 3',
    duration: '1 ',
    location: ' FRA ',
  });
  const { deployment_id: id } = json;
  t.match(id, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const message = 'your deployment will join your jitsi soon';
  const expected = `{"it":"worked","message":"${message}","balance":19.4,"deployment_id":"${id}"}`;
  t.strictSame([status, type, text], [200, 'application/json', expected]);
  t.match(await customer.callback(id), { it: 'worked' });
  const none = { it: 'failed', message: 'recorders not available in specified location' };
  for (const location of ['fra', 'ams', 'nyc']) {
    const response = await customer.order({ recorders: '3', duration: '2', location });
    t.match(response.json, { it: 'worked', balance: 18.2 }, location);
    const { deployment_id } = response.json;
    t.strictSame(await customer.callback(deployment_id), { ...none, deployment_id });
  }
  isFailure(t, await customer.order({ duration: '98' }), 402, 'not enough balance', { balance: 19.4 });
});

t.test('of orders at the same time only those are accepted that can be paid', async (t) => {
  const orders = Array.from({ length: 8 }, () => customer.order({ duration: '40', location: 'fra' }));
  const responses = await Promise.all(orders);
  const accepted = responses.filter(({ status }) => status === 200);
  t.equal(accepted.length, 2);
  t.strictSame(
    accepted.map(({ json }) => json.balance).sort((one, other) => one - other),
    [3.4, 11.4],
  );
  for (const response of responses.filter(({ status }) => status !== 200)) {
    t.match(response, { status: 402, json: { it: 'failed', message: 'not enough balance' } });
  }
  for (const { json } of accepted) await customer.callback(json.deployment_id);
});

t.test('the published example of curl works', async (t) => {
  const data = Object.entries(customer.fields({ duration: '17' })).flatMap(([name, value]) => [
    '--data-urlencode',
    `${name}=${value}`,
  ]);
  const url = `http://${server.host}/deploy-recorder`;
  const args = ['--silent', '--show-error', '--location', '--request', 'POST', url];
  const type = ['--header', 'Content-Type: application/x-www-form-urlencoded'];
  const { stdout } = await commandOutput('curl', [...args, ...type, ...data]);
  const { deployment_id, ...told } = JSON.parse(stdout);
  t.match(told, { it: 'worked', balance: 0 }, 'all of the balance may be used');
  t.match(await customer.callback(deployment_id), { it: 'failed' }, 'all recorders are in use');
});

t.test('the published example of axios works', async (t) => {
  const options = {
    method: 'post',
    maxBodyLength: Number.POSITIVE_INFINITY,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  };
  const order = (changes: Record<string, string>) => {
    const url = `http://${server.host}/deploy-recorder`;
    return axios.request({ ...options, url, data: stringify(customer.fields({ duration: '17', ...changes })) });
  };
  const { status, data } = await order({ recorders: '1' });
  t.match({ status, data }, { status: 200, data: { it: 'worked', balance: 0 } });
  t.match(await customer.callback(data.deployment_id), { it: 'failed' });
  const { response } = await order({ apiKey: 'JOD-unknown' }).catch((error) => error);
  t.match({ status: response.status, data: response.data }, { status: 401, data: { message: 'invalid API Key' } });
});

t.test('what is no order has the same shape', async (t) => {
  const ask = async (method: string, body?: string) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(`http://${server.host}/deploy-recorder`, { method, headers, ...(body && { body }) });
    return { status: response.status, json: await response.json() };
  };
  t.strictSame(await ask('GET'), { status: 405, json: { it: 'failed', message: 'method not allowed' } });
  const large = await ask('POST', 'x'.repeat(20_000));
  t.strictSame(large, { status: 413, json: { it: 'failed', message: 'request entity too large' } });
});

t.test('in maintenance everybody is asked to come again', async (t) => {
  const { host } = await RunningServer.start(t, { ...customer.variables, JOD_MAINTENANCE: 'true' });
  const before = customer.host;
  customer.host = host;
  for (const changes of [{}, { apiKey: 'wrong' }, { domain: '' }]) {
    const response = await customer.order(changes);
    isFailure(t, response, 503, 'service unavailable');
    t.match(response.retryAfter, /^\d+$/);
  }
  customer.host = before;
});

t.test('without accounts there is no such path', async (t) => {
  const { host } = await RunningServer.start(t);
  t.match(await fetch(`http://${host}/deploy-recorder`, { method: 'POST' }), { status: 404 });
});
