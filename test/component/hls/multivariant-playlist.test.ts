import t from 'tap';
import { multivariantPlaylist } from '../../../src/component/hls/multivariant-playlist.ts';
import { Segment } from '../../../src/component/hls/segment.ts';
import { format } from './running-stream.ts';

/** @param size of two seconds, in bytes */
function segment(number: number, size: number): Segment {
  const made = new Segment({ number, init: 0, discontinuity: false });
  made.add({ bytes: Buffer.alloc(size), duration: 180_000, independent: true, wallClock: 0, last: true });
  return made;
}

t.test('without any segment the bandwidth is the default', async (t) => {
  t.equal(
    multivariantPlaylist(format(), []),
    [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-STREAM-INF:BANDWIDTH=2560000,AVERAGE-BANDWIDTH=2560000,RESOLUTION=640x360,FRAME-RATE=24,CODECS="avc1.4d401e,mp4a.40.2"',
      'g2QABXZpZGVv.m3u8',
      '',
    ].join('\n'),
  );
});

t.test('bandwidths are maximum and mean of the last 20 segments', async (t) => {
  const sizes = [100_000, ...Array(19).fill(1000), 2000];
  const playlist = multivariantPlaylist(
    format(),
    sizes.map((size, number) => segment(number, size)),
  );
  t.match(playlist, /BANDWIDTH=8000,AVERAGE-BANDWIDTH=4200,/);
});

t.test('a fractional frame rate is written with decimals', async (t) => {
  const { video, ...rest } = format();
  t.match(multivariantPlaylist({ ...rest, video: { ...video, frameRate: 30_000 / 1001 } }, []), /FRAME-RATE=29.97,/);
});
