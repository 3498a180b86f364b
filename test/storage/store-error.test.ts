import t from 'tap';
import { StoreError } from '../../src/storage/store-error.ts';

t.test('the error has the response of the store', async (t) => {
  t.equal(new StoreError(403, 'AccessDenied').message, 'The store responded with 403: AccessDenied');
  t.equal(new StoreError(undefined, 'Unknown').message, 'The store responded with nothing: Unknown');
});

t.test('temporary errors are recognised', async (t) => {
  for (const status of [400, 401, 403, 404, 409]) t.ok(new StoreError(status, 'x').isFinal, String(status));
  for (const status of [undefined, 408, 425, 429, 500, 503])
    t.notOk(new StoreError(status, 'x').isFinal, String(status));
});
