import t from 'tap';
import { type RecordingEnvironment, readRecordingOptions } from '../../../src/component/recording/options.ts';

const account = { accessKeyId: 'a', secretAccessKey: 'b', region: 'c', bucket: 'd' };
const read = (options: Record<string, unknown>, environment: Partial<RecordingEnvironment> = {}) =>
  readRecordingOptions(options, { hasAccount: false, local: false, ...environment });
const shared = { subscribeMode: 'auto', composed: false };

t.test('the target of a recording is read from options and configuration', async (t) => {
  t.same(read({ credentials: account }), { ...shared, upload: { prefix: '', account } });
  t.same(read({ credentials: null, pathPrefix: null }, { hasAccount: true }), { ...shared, upload: { prefix: '' } });
  t.same(read({ pathPrefix: 'p' }, { hasAccount: true }), { ...shared, upload: { prefix: 'p' } });
  t.same(read({ credentials: account }, { pathPrefix: 'e' }), { ...shared, upload: { prefix: 'e', account } });
  t.throws(() => read({ pathPrefix: 'p' }), { code: 'missingS3Credentials' });
  const both = { hasAccount: true, pathPrefix: 'e' };
  t.throws(() => read({ credentials: account, pathPrefix: 'p' }, both), { code: 'conflictingS3Credentials' });
  t.throws(() => read({ pathPrefix: 'p' }, both), { code: 'conflictingS3PathPrefix' });
});

t.test('a recording without S3 is kept locally where that is allowed', async (t) => {
  t.same(read({ pathPrefix: 'p' }, { local: true }), shared);
  t.same(read({ credentials: account }, { local: true }).upload, { prefix: '', account });
  t.same(read({}, { local: true, hasAccount: true }).upload, { prefix: '' });
});

t.test('other options are validated', async (t) => {
  const wrong = { code: 'invalidBody' };
  t.match(read({ credentials: account, subscribeMode: 'manual', composed: 'true' }), {
    subscribeMode: 'manual',
    composed: true,
  });
  for (const options of [{ credentials: {} }, { credentials: 'x' }, { pathPrefix: 5 }, { subscribeMode: 'x' }]) {
    t.throws(() => read(options), wrong, JSON.stringify(options));
  }
});
