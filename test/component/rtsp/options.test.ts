import t from 'tap';
import { readRtspOptions } from '../../../src/component/rtsp/options.ts';

const wrong = { message: 'Invalid request body structure', status: 400 };
const missing = (name: string) => ({ message: `Required field "${name}" missing`, status: 400 });

t.test('defaults, casts and refusals', async (t) => {
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
