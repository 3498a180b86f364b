import t from 'tap';
import { z } from 'zod';
import { WrittenNumber } from '../../src/api/written-number.ts';
import { readHlsOptions } from '../../src/component/hls/options.ts';
import { castOptions, flag, nullable, text, wholeNumber } from '../../src/component/option-cast.ts';
import { readRtspOptions } from '../../src/component/rtsp/options.ts';

const wrong = { message: 'Invalid request body structure', status: 400 };
const missing = (name: string) => ({ message: `Required field "${name}" missing`, status: 400 });

t.test('integers are accepted as text, too', async (t) => {
  const read = (value: unknown) => castOptions(z.object({ value: wholeNumber(0, 65_535) }), { value }).value;
  t.equal(read(2137), 2137);
  t.equal(read('2137'), 2137);
  t.equal(read('0002137'), 2137);
  const float = new WrittenNumber('60.0', false);
  for (const value of [
    -1,
    65_536,
    '65536',
    1.5,
    '1.5',
    '',
    ' 1',
    '1e3',
    '0x10',
    true,
    null,
    undefined,
    [],
    {},
    float,
  ]) {
    t.throws(() => read(value), wrong, String(value));
  }
});

t.test('booleans are accepted as text, too', async (t) => {
  const read = (value: unknown) => castOptions(z.object({ value: flag() }), { value }).value;
  for (const value of [true, 'true']) t.equal(read(value), true);
  for (const value of [false, 'false']) t.equal(read(value), false);
  for (const value of ['True', '', 1, 0, null, 'yes']) t.throws(() => read(value), wrong, String(value));
});

t.test('null counts as unset where that is allowed', async (t) => {
  const schema = z.object({ value: nullable(wholeNumber(0)), other: text() });
  for (const value of [null, undefined]) t.same(castOptions(schema, { value, other: '' }), { value: null, other: '' });
  t.throws(() => castOptions(schema, { value: 1, other: null }), wrong);
  t.same(castOptions(schema, { other: '', unknown: 1 }), { value: null, other: '' }, 'unknown options are passed over');
});

t.test('options of HLS components: defaults, casts and refusals', async (t) => {
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
    t.throws(() => readHlsOptions(options), wrong, JSON.stringify(options));
  }
});

t.test('options of RTSP components: defaults, casts and refusals', async (t) => {
  const sourceUri = 'rtsp://camera.invalid/stream';
  const defaults = { reconnectDelay: 15_000, keepAliveInterval: 15_000, pierceNat: true };
  t.same(readRtspOptions({ sourceUri }), { sourceUri, ...defaults });
  const given = { sourceUri: '', rtpPort: '1', reconnectDelay: 0, keepAliveInterval: '0', pierceNat: 'false' };
  const taken = { sourceUri: '', rtpPort: 1, reconnectDelay: 0, keepAliveInterval: 0, pierceNat: false };
  t.same(readRtspOptions(given), taken);
  t.throws(() => readRtspOptions({}), missing('sourceUri'));
  t.throws(() => readRtspOptions({ rtpPort: 'x' }), missing('sourceUri'));
  for (const options of [
    { sourceUri: null },
    { sourceUri: 5 },
    { sourceUri, rtpPort: 0 },
    { sourceUri, rtpPort: 65_536 },
    { sourceUri, rtpPort: null },
    { sourceUri, reconnectDelay: -1 },
    { sourceUri, keepAliveInterval: 'x' },
    { sourceUri, pierceNat: null },
  ]) {
    t.throws(() => readRtspOptions(options), wrong, JSON.stringify(options));
  }
});
