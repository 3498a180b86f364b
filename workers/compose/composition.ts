import { arrange } from '../media/video/layout.ts';
import type { Rectangle } from '../media/video/picture.ts';
import type { RecordedTrack } from './recorded-track.ts';

export interface CompositionOptions {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}

/** A track's place in the picture for a while; times in seconds from the beginning of the composition. */
interface Placement {
  readonly start: number;
  readonly end: number;
  readonly tile: Rectangle;
}

/** What ffmpeg is told to make one film of many tracks. */
export interface Composition {
  readonly args: readonly string[];
  /** Seconds. */
  readonly duration: number;
}

/** The same picture that the live program would have had: a tile for each video as long as it lasts, and all sound. */
export function compose(tracks: readonly RecordedTrack[], options: CompositionOptions, output: string): Composition {
  const { width, height, frameRate } = options;
  const origin = Math.min(...tracks.map(({ start }) => start));
  const shifted = tracks.map((track) => ({ ...track, start: track.start - origin, end: track.end - origin }));
  const duration = Math.max(...shifted.map(({ end }) => end));
  const inputs = shifted.flatMap(({ path, start }) => ['-itsoffset', seconds(start), '-i', path]);
  const graph = [
    `color=c=black:s=${width}x${height}:r=${frameRate}:d=${seconds(duration)}[base]`,
    ...picture(shifted, options),
    ...sound(shifted, duration),
  ];
  const encoding = [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '21', '-pix_fmt', 'yuv420p', '-g', String(2 * frameRate)],
    ...['-c:a', 'aac', '-b:a', '128k', '-ar', '48000', '-ac', '2', '-t', seconds(duration)],
    ...['-movflags', '+faststart', '-f', 'mp4', '-y', output],
  ];
  const mapping = ['-filter_complex', graph.join(';'), '-map', '[picture]', '-map', '[sound]'];
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-progress', 'pipe:1', '-nostats'];
  return { args: [...quiet, ...inputs, ...mapping, ...encoding], duration };
}

/** One overlay after the other, each on for its time. */
function picture(tracks: readonly RecordedTrack[], { frameRate, ...size }: CompositionOptions): string[] {
  const chains: string[] = [];
  let under = 'base';
  for (const [index, places] of placements(tracks, size)) {
    const copies = places.map((_, number) => `[v${index}n${number}]`).join('');
    // Rounded up: no picture shows before it was taken, while sound is late by its codec's delay.
    chains.push(`[${index}:v]fps=${frameRate}:round=up,split=${places.length}${copies}`);
    for (const [number, { start, end, tile }] of places.entries()) {
      const name = `v${index}n${number}`;
      const box = `${tile.width}:${tile.height}`;
      const fitted = `scale=${box}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
      chains.push(`[${name}]${fitted},setsar=1,format=yuv420p[${name}s]`);
      const place = `x=${tile.x}+(${tile.width}-w)/2:y=${tile.y}+(${tile.height}-h)/2`;
      const time = `enable='between(t,${seconds(start)},${seconds(end)})'`;
      chains.push(`[${under}][${name}s]overlay=${place}:${time}:eof_action=repeat:repeatlast=1[${name}o]`);
      under = `${name}o`;
    }
  }
  return [...chains, `[${under}]null[picture]`];
}

/** Each track in step with the clock, pauses filled with silence, all of them added up. */
function sound(tracks: readonly RecordedTrack[], duration: number): string[] {
  const audible = tracks.flatMap(({ kind }, index) => (kind === 'audio' ? [index] : []));
  const silence = `anullsrc=r=48000:cl=stereo:d=${seconds(duration)}[silence]`;
  const chains = audible.map(
    (index) => `[${index}:a]aresample=48000:async=1:min_hard_comp=0.02:first_pts=0[a${index}]`,
  );
  const all = audible.map((index) => `[a${index}]`).join('');
  const mix = `amix=inputs=${audible.length + 1}:normalize=0:duration=first,alimiter=limit=0.95:level=0`;
  return [silence, ...chains, `[silence]${all}${mix}[sound]`];
}

/** Where each video is, and when, by the number of its track. */
function placements(
  tracks: readonly RecordedTrack[],
  size: Pick<CompositionOptions, 'width' | 'height'>,
): Map<number, Placement[]> {
  const videos = tracks.flatMap((track, index) => (track.kind === 'video' ? [{ ...track, index }] : []));
  const changes = [...new Set(videos.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const placed = new Map<number, Placement[]>();
  for (const [number, start] of changes.entries()) {
    const end = changes[number + 1];
    if (end === undefined) break;
    const present = videos.filter((video) => video.start <= start && video.end >= end);
    const items = present.map(({ index, screenshare }) => ({ id: String(index), screenshare, order: index }));
    for (const [id, tile] of arrange(items, size)) {
      const places = placed.get(Number(id)) ?? [];
      const last = places.at(-1);
      if (last && last.end === start && sameTile(last.tile, tile)) places.splice(-1, 1, { ...last, end });
      else places.push({ start, end, tile });
      placed.set(Number(id), places);
    }
  }
  return placed;
}

function sameTile(a: Rectangle, b: Rectangle): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function seconds(time: number): string {
  return time.toFixed(3);
}
