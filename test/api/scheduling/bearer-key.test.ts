// docs/contracts/jitsi-admin.md 2: the key of a request.
import t from 'tap';
import { bearerKey } from '../../../src/api/scheduling/bearer-key.ts';

/** Header, a character per byte, and its key. */
const rows: readonly (readonly [string | undefined, string | undefined])[] = [
  [undefined, undefined],
  ['', undefined],
  ['Bearer', undefined],
  ['Bearer ', undefined],
  ['Bearer TestApi', 'TestApi'],
  ['Bearer:TestApi', 'TestApi'],
  ['Bearer::', ':'],
  ['Bearer  TestApi', undefined],
  ['Bearer: TestApi', undefined],
  ['bearer TestApi', undefined],
  ['BEARER TestApi', undefined],
  ['Token TestApi', undefined],
  [' Bearer TestApi', undefined],
  ['xBearer TestApi', undefined],
  ['Bearer Test Api', undefined],
  ['Bearer Test\tApi', undefined],
  ['Bearer TestApi,Bearer other', undefined],
  ['Bearer %20"\'<>=', '%20"\'<>='],
  [Buffer.from('Bearer schlüssel-à').toString('latin1'), 'schlüssel-à'],
  ['Bearer schl\u00fcssel', 'schlüssel'],
];

t.test('the key is what follows one space or colon', async (t) => {
  for (const [header, key] of rows) t.equal(bearerKey(header), key, String(header));
});

t.test('a long header costs no time', async (t) => {
  t.equal(bearerKey(`Bearer ${'a'.repeat(1_000_000)} `), undefined);
  t.equal(bearerKey('Bearer '.repeat(200_000)), undefined);
});
