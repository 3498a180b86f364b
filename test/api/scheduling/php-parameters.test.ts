// docs/contracts/jitsi-admin.md 2: parameters as PHP reads them.
import t from 'tap';
import { encodedParameters, namedParameters } from '../../../src/api/scheduling/php-parameters.ts';

const read = (encoded: string) => Object.fromEntries(encodedParameters(Buffer.from(encoded)));

const rows: readonly (readonly [encoded: string, parameters: Record<string, string | null>])[] = [
  ['', {}],
  ['&&=&', { '': '' }],
  ['a=1&b=2', { a: '1', b: '2' }],
  ['a=1&a=2', { a: '2' }],
  ['a', { a: '' }],
  ['a=', { a: '' }],
  ['a=b=c', { a: 'b=c' }],
  ['?a=1', { '?a': '1' }],
  ['a=x+y%2Bz%20', { a: 'x y+z ' }],
  ['a=%C3%A4%F0%9F%90%9F', { a: 'ä🐟' }],
  ['a=ä', { a: 'ä' }],
  ['a=100%&b=%zz%4', { a: '100%', b: '%zz%4' }],
  ['a=%ff', { a: '\ufffd' }],
  ['a=%ed%a0%80', { a: '\ufffd\ufffd\ufffd' }],
  ['a=1;b=2', { a: '1;b=2' }],
  ['a[]=1', { a: null }],
  ['a[x][y]=1', { a: null }],
  ['a%5B%5D=1', { a: null }],
  ['a[]=1&a=2', { a: '2' }],
  ['a=2&a[]=1', { a: null }],
  ['a[=1', {}],
  ['app.id=1&app+secret=2', { app_id: '1', app_secret: '2' }],
  ['++a=1', { a: '1' }],
  ['%61=1', { a: '1' }],
  ['a=%00%0D%0A', { a: '\0\r\n' }],
  ['__proto__=1&toString=2', { ['__proto__']: '1', toString: '2' }],
];

t.test('query strings and forms', async (t) => {
  for (const [encoded, parameters] of rows) t.strictSame(read(encoded), parameters, encoded);
});

t.test('the first 1000 variables are read', async (t) => {
  const many = Array.from({ length: 1200 }, (_, index) => `v${index}=${index}`).join('&');
  const parameters = encodedParameters(Buffer.from(many));
  t.equal(parameters.size, 1000);
  t.equal(parameters.get('v999'), '999');
  t.equal(encodedParameters(Buffer.alloc(1_000_000, '&')).size, 0);
});

t.test('names and texts of several parts', async (t) => {
  const parts = [
    ['a', '+%20'],
    ['b[]', '1'],
    ['a.b', '\ud800'],
  ] as const;
  t.strictSame(Object.fromEntries(namedParameters(parts)), { a: '+%20', b: null, a_b: '\ufffd' });
});
