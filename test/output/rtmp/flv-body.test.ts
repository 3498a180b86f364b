import t from 'tap';
import { audioHeader, metadataBody, sampleBody, sampleTime, videoHeader } from '../../../src/output/rtmp/flv-body.ts';
import { format } from '../../component/hls/running-stream.ts';

const sample = { data: Buffer.from([9, 9]), time: 0, duration: 0, keyframe: true } as const;

t.test('the decoder configuration comes first', async (t) => {
  t.strictSame([...videoHeader(format())], [0x17, 0, 0, 0, 0, 1]);
  t.strictSame([...audioHeader(format())], [0xaf, 0, 1]);
});

t.test('frames are written', async (t) => {
  t.strictSame([...sampleBody({ ...sample, kind: 'video' })], [0x17, 1, 0, 0, 0, 9, 9]);
  t.strictSame([...sampleBody({ ...sample, kind: 'video', keyframe: false })], [0x27, 1, 0, 0, 0, 9, 9]);
  t.strictSame([...sampleBody({ ...sample, kind: 'audio' })], [0xaf, 1, 9, 9]);
});

t.test('times are whole milliseconds', async (t) => {
  t.equal(sampleTime({ ...sample, kind: 'video', time: 3750 }), 42);
  t.equal(sampleTime({ ...sample, kind: 'audio', time: 1024 }), 21);
});

t.test('the metadata are written', async (t) => {
  const text = metadataBody(format()).toString('latin1');
  t.match(text, /^.{3}@setDataFrame.{3}onMetaData/s);
  for (const name of ['width', 'height', 'framerate', 'videocodecid', 'audiocodecid', 'stereo']) t.match(text, name);
});
