import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { encodedText } from '../../../src/component/hls/encoded-text.ts';

t.test('a text is encoded once, and compressed once', async (t) => {
  const { body, gzip } = encodedText('#EXTM3U ü');
  t.equal(body.toString(), '#EXTM3U ü');
  t.equal(gunzipSync(gzip()).toString(), '#EXTM3U ü');
  t.equal(gzip(), gzip());
});
