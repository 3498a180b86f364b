import type { Composite } from '../../src/ffmpeg/composite.ts';
import { ceiling } from '../../src/media/limiter.ts';
import type { Size } from '../../src/media/size.ts';
import type { ProgramSettings } from '../../src/program/composer-message.ts';
import { placeholderBrightness } from '../composer/video/placeholder.ts';
import { type Placement, placements } from './placement.ts';
import type { TrackFile } from './track-file.ts';

export type CompositionOptions = Pick<ProgramSettings, 'width' | 'height' | 'frameRate' | 'audioChannels'>;

/** The composition that the live program would have had: a tile for each video while it lasts, and all audio. */
export function compose(tracks: readonly TrackFile[], options: CompositionOptions): Composite {
  const { width, height, frameRate, audioChannels } = options;
  const origin = Math.min(...tracks.map(({ start }) => start));
  const shifted = tracks.map((track) => shift(track, -origin));
  const duration = Math.max(...shifted.map(({ end }) => end));
  return {
    inputs: shifted.map(({ path, kind, firstPacket }) => ({ path, kind, offset: firstPacket })),
    filters: [
      `color=c=black:s=${width}x${height}:r=${frameRate}:d=${seconds(duration)}[base]`,
      ...videoFilters(shifted, options),
      ...audioFilters(shifted, duration, audioChannels),
    ],
    ...{ duration, frameRate, audioChannels },
  };
}

function shift(track: TrackFile, by: number): TrackFile {
  const { start, end, firstPacket, silences } = track;
  const moved = { start: start + by, end: end + by, firstPacket: firstPacket + by };
  return { ...track, ...moved, silences: silences.map((each) => ({ start: each.start + by, end: each.end + by })) };
}

/** A chain of overlays, each enabled for its time. */
function videoFilters(tracks: readonly TrackFile[], { frameRate, ...size }: CompositionOptions): string[] {
  const chains: string[] = [];
  let under = 'base';
  const { videos, placeholders } = placements(tracks, size);
  const lay = (name: string, { start, end, tile }: Placement) => {
    const place = `x=${tile.x}+(${tile.width}-w)/2:y=${tile.y}+(${tile.height}-h)/2`;
    const time = `enable='between(t,${seconds(start)},${seconds(end)})'`;
    chains.push(`[${under}][${name}]overlay=${place}:${time}:eof_action=repeat:repeatlast=1[${name}o]`);
    under = `${name}o`;
  };
  for (const [number, placement] of placeholders.entries()) {
    chains.push(`${placeholder(placement.tile)}[p${number}]`);
    lay(`p${number}`, placement);
  }
  for (const [index, places] of videos) {
    const copies = places.map((_, number) => `[v${index}n${number}]`).join('');
    // Rounded up, as audio is late by the delay of its codec.
    chains.push(`[${index}:v]fps=${frameRate}:round=up,split=${places.length}${copies}`);
    for (const [number, placement] of places.entries()) {
      const name = `v${index}n${number}`;
      const box = `${placement.tile.width}:${placement.tile.height}`;
      const fitted = `scale=${box}:force_original_aspect_ratio=decrease:force_divisible_by=2:eval=frame`;
      // The pixel format with transparency that `overlay` needs: a later conversion would keep the first size.
      chains.push(`[${name}]${fitted},setsar=1,format=yuva420p[${name}s]`);
      lay(`${name}s`, placement);
    }
  }
  return [...chains, `[${under}]null[video]`];
}

/** A single frame, which the overlay repeats. */
function placeholder({ width, height }: Size): string {
  const brightness = `lum='${placeholderBrightness(width, height)}':cb=128:cr=128`;
  return `color=s=${width}x${height}:r=1:d=1,format=yuv420p,geq=${brightness}`;
}

/** Each track synchronized with the clock, gaps filled with silence, all mixed. */
function audioFilters(tracks: readonly TrackFile[], duration: number, channels: 1 | 2): string[] {
  const layout = channels === 1 ? 'mono' : 'stereo';
  const audible = tracks.flatMap(({ kind }, index) => (kind === 'audio' ? [index] : []));
  const silence = `anullsrc=r=48000:cl=${layout}:d=${seconds(duration)}[silence]`;
  const chains = audible.map(
    (index) =>
      `[${index}:a]aresample=48000:async=1:min_hard_comp=0.02:first_pts=0,aformat=channel_layouts=${layout}[a${index}]`,
  );
  const all = audible.map((index) => `[a${index}]`).join('');
  const mix = `amix=inputs=${audible.length + 1}:normalize=0:duration=first,alimiter=limit=${ceiling}:level=0`;
  return [silence, ...chains, `[silence]${all}${mix}[audio]`];
}

function seconds(time: number): string {
  return time.toFixed(3);
}
