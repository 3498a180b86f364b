import { type ProgramFormat, timescale } from '../../media/sample.ts';
import { fileNames } from './file-names.ts';
import type { Segment } from './segment.ts';

/** Number of newest segments for the bandwidth, and the bandwidth without any segment: docs/contracts/fishjam-rest.md 9.6. */
const measured = 20;
const unknownBandwidth = 2_560_000;

/** RFC 8216bis, section 4.4.6.2. @param segments complete segments */
export function multivariantPlaylist({ video, audio }: ProgramFormat, segments: readonly Segment[]): string {
  const { peak, average } = bandwidth(segments.slice(-measured));
  const attributes = [
    `BANDWIDTH=${peak}`,
    `AVERAGE-BANDWIDTH=${average}`,
    `RESOLUTION=${video.width}x${video.height}`,
    `FRAME-RATE=${Number(video.frameRate.toFixed(3))}`,
    `CODECS="${video.codec},${audio.codec}"`,
  ];
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  return `${[...lines, `#EXT-X-STREAM-INF:${attributes.join(',')}`, fileNames.media].join('\n')}\n`;
}

/** Bitrate in bit/s. */
function bandwidth(segments: readonly Segment[]): { peak: number; average: number } {
  if (segments.length === 0) return { peak: unknownBandwidth, average: unknownBandwidth };
  const rates = segments.map(({ size, duration }) => (size * 8 * timescale.video) / duration);
  const size = segments.reduce((sum, segment) => sum + segment.size, 0);
  const duration = segments.reduce((sum, segment) => sum + segment.duration, 0);
  return { peak: Math.ceil(Math.max(...rates)), average: Math.ceil((size * 8 * timescale.video) / duration) };
}
