import t from 'tap';
import { fileNames, partPosition } from '../../../src/component/hls/file-names.ts';

t.test('the names of playlists, init segments, segments and parts are those of Fishjam', async (t) => {
  t.equal(fileNames.multivariant, 'index.m3u8');
  t.equal(fileNames.media, 'g2QABXZpZGVv.m3u8');
  t.equal(fileNames.delta, 'g2QABXZpZGVv_delta.m3u8');
  t.equal(fileNames.init(2), 'muxed_header_g2QABXZpZGVv_part_2.mp4');
  t.equal(fileNames.segment(17), 'muxed_segment_17_g2QABXZpZGVv.m4s');
  t.equal(fileNames.part(17, 3), 'muxed_segment_17_g2QABXZpZGVv_3_part.m4s');
});

t.test('the name of a part gives its segment and index', async (t) => {
  t.strictSame(partPosition(fileNames.part(17, 3)), { segment: 17, part: 3 });
  const others = ['x_part.m4s', 'muxed_segment_1_x_2.m4s', `muxed_segment_${'9'.repeat(16)}_x_0_part.m4s`, ''];
  for (const name of others) t.equal(partPosition(name), undefined, name);
});
