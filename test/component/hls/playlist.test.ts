import t from 'tap';
import {
  decimal,
  mediaPlaylist,
  type PlaylistContent,
  skippableSegments,
} from '../../../src/component/hls/playlist.ts';
import { Segment } from '../../../src/component/hls/segment.ts';

function segment(number: number, options: { init?: number; discontinuity?: boolean; seconds?: number } = {}): Segment {
  const { init = 0, discontinuity = false, seconds = 2 } = options;
  const made = new Segment({ number, init, discontinuity });
  const wallClock = Date.UTC(2024, 4, 23) + number * 2000;
  made.add({ bytes: Buffer.alloc(1), duration: seconds * 90_000, independent: true, wallClock, last: true });
  return made;
}

const playlist = (content: Partial<PlaylistContent>) =>
  mediaPlaylist({ targetDuration: 2, segments: [], discontinuitySequence: 0, skippable: 0, ended: false, ...content });
const tags = (text: string) =>
  text.split('\n').filter((line) => /^#EXT-X-(MAP|DISCONTINUITY$|ENDLIST)|^[^#]|^#un/.test(line));

t.test('the playlist on disk of a running stream lists its complete segments', async (t) => {
  const unfinished = [segment(1), segment(2, { init: 1, discontinuity: true })];
  t.strictSame(tags(playlist({ segments: [segment(0)], unfinished })), [
    '#EXT-X-MAP:URI="muxed_header_g2QABXZpZGVv_part_0.mp4"',
    'muxed_segment_0_g2QABXZpZGVv.m4s',
    '#unfinished:muxed_segment_1_g2QABXZpZGVv.m4s',
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-MAP:URI="muxed_header_g2QABXZpZGVv_part_1.mp4"',
    '#unfinished:muxed_segment_2_g2QABXZpZGVv.m4s',
  ]);
  t.match(playlist({ unfinished: [segment(7)] }), /#EXT-X-MEDIA-SEQUENCE:7\n/);
});

t.test('missing segments are marked by a discontinuity', async (t) => {
  t.strictSame(tags(playlist({ segments: [segment(0), segment(3), segment(4)], ended: true })), [
    '#EXT-X-MAP:URI="muxed_header_g2QABXZpZGVv_part_0.mp4"',
    'muxed_segment_0_g2QABXZpZGVv.m4s',
    '#EXT-X-DISCONTINUITY',
    'muxed_segment_3_g2QABXZpZGVv.m4s',
    'muxed_segment_4_g2QABXZpZGVv.m4s',
    '#EXT-X-ENDLIST',
  ]);
});

t.test('the hold-back is three times the part target as written', async (t) => {
  for (const partTarget of [4 / 15, 0.2, 7 / 24, 1 / 3]) {
    const text = playlist({ partTarget, current: segment(0) });
    const [, holdBack] = /PART-HOLD-BACK=([\d.]+)/.exec(text) ?? [];
    const [, target] = /PART-TARGET=([\d.]+)/.exec(text) ?? [];
    t.equal(holdBack, decimal(3 * Number(target)));
  }
});

t.test('a delta playlist skips what the protocol allows', async (t) => {
  const segments = Array.from({ length: 9 }, (_, number) => segment(number));
  t.equal(skippableSegments(segments, 2), 3, 'six target durations stay');
  t.equal(skippableSegments(segments.slice(0, 6), 2), 0);
  t.equal(skippableSegments([], 2), 0);
});

t.test('numbers always have a decimal point', async (t) => {
  t.strictSame([2, 0.1 + 0.2, 1 / 3, 0].map(decimal), ['2.0', '0.3', '0.33333', '0.0']);
});
