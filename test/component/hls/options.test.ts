import t from 'tap';
import { readHlsOptions } from '../../../src/component/hls/options.ts';
import { account } from '../../storage/s3-store.ts';

const refused = { message: 'Invalid request body structure', status: 400 };
const usual = {
  ...{ lowLatency: false, persistent: false, targetWindowDuration: null, subscribeMode: 'auto', s3: null },
};

t.test('missing options have defaults', async (t) => {
  t.strictSame(readHlsOptions({}), usual);
  t.strictSame(readHlsOptions({ targetWindowDuration: null, s3: null, other: 1 }), usual);
});

t.test('given options are used', async (t) => {
  const given = {
    lowLatency: 'true',
    persistent: true,
    targetWindowDuration: '20',
    subscribeMode: 'manual',
    s3: account,
  };
  t.strictSame(readHlsOptions(given), { ...given, lowLatency: true, targetWindowDuration: 20 });
});

t.test('wrong options are refused', async (t) => {
  const { region: _, ...withoutRegion } = account;
  const wrong = [
    { lowLatency: null },
    { lowLatency: 1 },
    { persistent: 'yes' },
    { targetWindowDuration: 1.5 },
    { targetWindowDuration: 'long' },
    { subscribeMode: 'Auto' },
    { subscribeMode: null },
    { s3: withoutRegion },
    { s3: { ...account, bucket: 5 } },
    { s3: 'bucket' },
  ];
  for (const options of wrong)
    t.throws(() => readHlsOptions(options), { code: 'invalidBody' }, JSON.stringify(options));
});

t.test('defaults, casts and refusals', async (t) => {
  const defaults = {
    lowLatency: false,
    persistent: false,
    targetWindowDuration: null,
    subscribeMode: 'auto',
    s3: null,
  };
  t.same(readHlsOptions({}), defaults);
  t.same(readHlsOptions({ targetWindowDuration: null, s3: null }), defaults);
  const s3 = { accessKeyId: 'a', secretAccessKey: 'b', region: 'c', bucket: 'd' };
  const given = { lowLatency: 'true', persistent: true, targetWindowDuration: '60', subscribeMode: 'manual', s3 };
  t.same(readHlsOptions(given), { ...given, lowLatency: true, targetWindowDuration: 60 });
  const { bucket: _bucket, ...incomplete } = s3;
  for (const options of [
    { lowLatency: null },
    { persistent: 1 },
    { targetWindowDuration: 1.5 },
    { subscribeMode: 'Auto' },
    { subscribeMode: null },
    { s3: incomplete },
    { s3: 'text' },
    { s3: { ...s3, region: 5 } },
  ]) {
    t.throws(() => readHlsOptions(options), refused, JSON.stringify(options));
  }
});
