import t from 'tap';
import { AacFraming, CodeFraming, PcmFraming } from '../../../src/component/rtsp/audio-framing.ts';
import { parseAacConfig, toAdts } from '../../../src/media/aac-config.ts';

t.test('samples are written in the byte order of ffmpeg, with their duration', async (t) => {
  const framing = new PcmFraming({ encoding: 'l16', rate: 44_100, channels: 2 });
  t.same(framing.input, ['-f', 's16le', '-ar', '44100', '-ac', '2']);
  const [unit] = framing.push({ payload: Buffer.from('0102fffe'.repeat(441), 'hex') });
  t.equal(unit?.data.toString('hex'), '0201feff'.repeat(441));
  t.equal(unit?.duration, 480);
});

t.test('codes are written as they are', async (t) => {
  const framing = new CodeFraming('g722', 8000);
  t.same(framing.push({ payload: Buffer.alloc(160, 7) }), [{ data: Buffer.alloc(160, 7), duration: 960 }]);
});

t.test('an access unit that is too long for ADTS is not written, but takes its time', async (t) => {
  const config = parseAacConfig(Buffer.from('1190', 'hex'));
  if (!config) throw new Error('no config');
  t.equal(toAdts(config, Buffer.alloc(9000)), undefined);
  const framing = new AacFraming(config);
  const header = Buffer.from([0, 16, (8190 << 3) >> 8, (8190 << 3) & 0xff]);
  const [unit] = framing.push({ payload: Buffer.concat([header, Buffer.alloc(8190)]) }, 0);
  t.match(unit, { data: { length: 0 }, duration: 1024 });
});
