import t from 'tap';
import { StoreError } from '../../src/storage/store-error.ts';

t.test('the error has the response of the store', async (t) => {
  t.equal(new StoreError(403, 'AccessDenied').message, 'The store responded with 403: AccessDenied');
  t.equal(new StoreError(undefined, 'Unknown').message, 'The store responded with nothing: Unknown');
});

t.test('errors of the account itself are final, other refusals may be lifted', async (t) => {
  for (const code of ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'PermanentRedirect'])
    t.ok(new StoreError(403, code).isFinal, code);
  for (const code of ['AccessDenied', 'NoSuchBucket', 'SlowDown', 'RequestTimeTooSkewed'])
    t.notOk(new StoreError(403, code).isFinal, code);
});
