import t from 'tap';
import { OrderError, type OrderFields, wantedRecorders } from '../../src/ondemand/order.ts';

const limits = { maxRecorders: 100, maxDuration: 720 };
const valid = {
  apiKey: 'k',
  domain: 'call.example',
  recorders: '28',
  duration: '5',
  location: 'fra',
  callback_url: 'https://customer.example/hook?a=1',
};

function refusalOf(change: Partial<OrderFields>) {
  try {
    wantedRecorders({ ...valid, ...change }, limits);
    return undefined;
  } catch (error) {
    return error instanceof OrderError ? error.refusal : error;
  }
}

t.test('a valid order is read', async (t) => {
  const wanted = wantedRecorders({ ...valid, recorders: ' 100 ', duration: '0720', location: ' FRA ' }, limits);
  t.strictSame(wanted, {
    ...{ domain: 'call.example', recorders: 100, hours: 720, location: 'fra' },
    callbackUrl: new URL('https://customer.example/hook?a=1'),
  });
});

t.test('the first field that is missing or invalid is named', async (t) => {
  const fields = ['domain', 'recorders', 'duration', 'location', 'callback_url'] as const;
  for (const [index, field] of fields.entries()) {
    const allAfter = Object.fromEntries(fields.slice(index).map((name) => [name, undefined]));
    t.strictSame(refusalOf(allAfter), { reason: 'missing', field });
    t.strictSame(refusalOf({ ...allAfter, [field]: ' ' }), { reason: 'missing', field });
    t.strictSame(refusalOf({ ...allAfter, [field]: '\0' }), { reason: 'invalid', field });
  }
});

t.test('values beyond the limits and of other forms are invalid', async (t) => {
  const wrong: Record<string, readonly string[]> = {
    domain: ['https://call.example', 'call.example:443', 'call example'],
    recorders: ['0', '101', '-1', '+1', '1.0', '1e1', '0x1', '١', 'one', '9'.repeat(400)],
    duration: ['0', '721', '1.5', 'NaN'],
    location: ['par', 'frankfurt', 'f ra', 'constructor'],
    callback_url: [
      ...['customer.example', '/hook', 'ftp://customer.example/', 'javascript:alert(1)', 'http:customer.example'],
      ...[
        'http://',
        'http:///hook',
        'http://user@customer.example/',
        'http://u:p@customer.example',
        'http://@a.example',
      ],
      ...['http://a.example\\@b.example/', 'http://a b.example/', 'http://a.example/x y', 'http://a.example:99999/'],
      ...['http://[::1', `http://a.example/${'x'.repeat(2048)}`],
    ],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) t.strictSame(refusalOf({ [field]: value }), { reason: 'invalid', field }, value);
  }
  for (const url of [
    'HTTP://A.example',
    'http://10.0.0.5:8080/@x',
    'http://[::1]:80?q',
    `http://a.example/${'x'.repeat(2031)}`,
  ]) {
    t.equal(refusalOf({ callback_url: url }), undefined, url);
  }
});
