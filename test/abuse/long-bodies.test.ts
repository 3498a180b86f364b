// A body may be long, but what it costs is bounded, and next to nothing for a client without the token.
import t from 'tap';
import { RunningApi } from '../api/running-api.ts';

/** CPU time of a request, in ms: with a wrong or no token, and with the right one. */
const [maxUnknown, maxKnown] = [50, 300];

const api = await RunningApi.start();
t.teardown(() => api.close());

const length = 7_999_000;
const filled = (start: string, piece: string, end = '') => start + piece.repeat(length / piece.length - 100) + end;
const [json, form, parts] = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
];
const part = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n';
const bodies: Record<string, [type: string, body: string]> = {
  'escapes in a form': [form, filled('', '%41')],
  'blanks in a form': [form, filled('', '+')],
  'brackets in a form': [form, filled('', '%5Ba%5D')],
  'parameters in a form': [form, filled('', '%41=%41&')],
  'nested JSON': [json, filled('{"a":', '[')],
  'floats in JSON': [json, filled('{"a":[', '1.5,', '1]}')],
  'objects in JSON': [json, filled('{"a":[', '{},', '1]}')],
  'one text in JSON': [json, filled('{"maxPeers":1.5,"a":"', '\\u0041', '"}')],
  parts: [parts, filled('', `${part}1\r\n`, '--x--\r\n')],
  'escapes in a part': [parts, filled(part, '%&', '\r\n--x--\r\n')],
  'brackets in the name of a part': [parts, `${part.replace('"a"', `"${'a[b]'.repeat(240_000)}"`)}1\r\n--x--\r\n`],
  'parameters of a part': [parts, filled(part.slice(0, -4), '; b="c"', '\r\n\r\n1\r\n--x--\r\n')],
  'headers of a part': [parts, filled('--x\r\n', 'a: b\r\n')],
};

/** Whether it takes less than `limit` ms, once at least: what else goes on in this process does not count. */
async function isWithin(limit: number, work: () => Promise<unknown>): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const before = process.threadCpuUsage();
    await work();
    const { user, system } = process.threadCpuUsage(before);
    // This process sends the body, too.
    if ((user + system) / 1000 < limit + sending) return true;
  }
  return false;
}

/** What it costs to send 8 MB, in ms of CPU. */
const sending = 30;

for (const [what, [type, text]] of Object.entries(bodies)) {
  t.test(`8 MB of ${what}`, async (t) => {
    const body = Buffer.from(text);
    const post = async (path: string, authorization: string | undefined, expected: readonly number[], more = {}) => {
      const headers = { 'content-type': type, ...(authorization && { authorization }), ...more };
      const { status } = await api.ask('POST', path, { anonymous: true, headers, body });
      if (!expected.includes(status)) t.fail(`${path} ${authorization}: ${status}`);
    };
    t.ok(await isWithin(maxUnknown, () => post('/room', undefined, [401])), 'a stranger');
    t.ok(await isWithin(maxUnknown, () => post('/none', 'Bearer wrong', [404])), 'without a route');
    const chunked = { 'transfer-encoding': 'chunked' };
    t.ok(await isWithin(maxUnknown, () => post('/room', 'Bearer wrong', [401], chunked)), 'unannounced');
    t.ok(await isWithin(maxKnown, () => post('/room', 'Bearer development', [400, 413])), 'with the token');
  });
}

t.test('short bodies of strangers are parsed before their token is looked at', async (t) => {
  const ask = (body: string) => api.ask('POST', '/room', { anonymous: true, headers: { 'content-type': json }, body });
  t.equal((await ask('{')).status, 400);
  t.equal((await ask(`{${' '.repeat(16_383)}`)).status, 400);
  t.equal((await ask(`{${' '.repeat(16_384)}`)).status, 401);
});

t.test('a value that nests too deeply for its error text is a wrong one', async (t) => {
  const headers = { 'content-type': json };
  const nested = `{"videoCodec":${'['.repeat(15_000)}${']'.repeat(15_000)}}`;
  t.match(await api.ask('POST', '/room', { headers, body: nested }), { status: 400, json: { errors: /got: …$/ } });
});
