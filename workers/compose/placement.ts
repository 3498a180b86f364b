import { isDeepStrictEqual } from 'node:util';
import type { Size } from '../../src/media/size.ts';
import { arrange, type LayoutItem } from '../composer/video/layout.ts';
import type { Rectangle } from '../composer/video/raw-frame.ts';
import type { TrackFile } from './track-file.ts';

/** A place in the program, with times in seconds from the start of the composition. */
export interface Placement {
  readonly start: number;
  readonly end: number;
  readonly tile: Rectangle;
}

export interface Placements {
  /** Places of videos by the index of their track. */
  readonly videos: ReadonlyMap<number, readonly Placement[]>;
  /** Places of participants without video. */
  readonly placeholders: readonly Placement[];
}

/**
 * Places participants over time as in the live program: in the order in which they joined. A participant without video, or whose video has
 * not started or has been silent for long, has a tile, too.
 */
export function placements(tracks: readonly TrackFile[], size: Size): Placements {
  const changes = [...new Set(tracks.flatMap(timesOf))].sort((a, b) => a - b);
  const placed = new Map<string, Placement[]>();
  let origins: string[] = [];
  for (const [number, start] of changes.entries()) {
    const end = changes[number + 1];
    if (end === undefined) break;
    const present = tracks.flatMap((track, index) =>
      track.start <= start && track.end >= end ? [{ track, index }] : [],
    );
    const there = new Set(present.map(({ track }) => track.origin));
    origins = [...new Set([...origins.filter((origin) => there.has(origin)), ...there])];
    const items = origins.flatMap((origin) => itemsOf(origin, present));
    for (const [id, tile] of arrange(items, size)) {
      const track = tracks[Number(id)];
      const seen = track && !isSeen(track, start) ? `${nobody}track ${id}` : id;
      placed.set(seen, extended(placed.get(seen) ?? [], { start, end, tile }));
    }
  }
  const isVideo = (id: string) => !id.startsWith(nobody);
  const videos = [...placed].filter(([id]) => isVideo(id)).map(([id, places]) => [Number(id), places] as const);
  return {
    videos: new Map(videos.sort(([a], [b]) => a - b)),
    placeholders: [...placed].flatMap(([id, places]) => (isVideo(id) ? [] : places)),
  };
}

/** Prefix of the ids of tiles without video. */
const nobody = 'nobody ';

/** The times at which it changes. */
function timesOf({ start, end, firstPacket, silences }: TrackFile): number[] {
  return [start, end, firstPacket, ...silences.flatMap((silence) => [silence.start, silence.end])].filter(
    (time) => time >= start && time <= end,
  );
}

/** Whether it has video from this time on. */
function isSeen({ firstPacket, silences }: TrackFile, time: number): boolean {
  return time >= firstPacket && !silences.some(({ start, end }) => start <= time && time < end);
}

interface Present {
  readonly track: TrackFile;
  readonly index: number;
}

/** The tiles of an origin: one per video, or one without video. */
function itemsOf(origin: string, present: readonly Present[]): LayoutItem[] {
  const own = present.filter(({ track }) => track.origin === origin);
  const videos = own.filter(({ track }) => track.kind === 'video').sort((a, b) => a.track.order - b.track.order);
  if (videos.length === 0) return [{ id: nobody + origin, screenshare: false, order: 0 }];
  return videos.map(({ track: { screenshare, order }, index }) => ({ id: String(index), screenshare, order }));
}

function extended(places: readonly Placement[], next: Placement): Placement[] {
  const last = places.at(-1);
  const goesOn = last && last.end === next.start && isDeepStrictEqual(last.tile, next.tile);
  return goesOn ? [...places.slice(0, -1), { ...last, end: next.end }] : [...places, next];
}
