import t from 'tap';
import { type Placement, placements } from '../../../workers/compose/placement.ts';
import type { TrackFile } from '../../../workers/compose/track-file.ts';

const size = { width: 640, height: 360 };

function track(origin: string, start: number, end: number, more: Partial<TrackFile> = {}): TrackFile {
  return {
    path: `${origin}.mkv`,
    kind: 'video',
    origin,
    screenshare: false,
    start,
    end,
    firstPacket: start,
    silences: [],
    order: 0,
    ...more,
  };
}

function times(places: readonly Placement[] | undefined): number[][] | undefined {
  return places?.map(({ start, end }) => [start, end]);
}

t.test('tiles come and go with their tracks', async (t) => {
  const { videos, placeholders } = placements([track('a', 0, 10), track('b', 2, 5)], size);
  t.same(times(videos.get(0)), [
    [0, 2],
    [2, 5],
    [5, 10],
  ]);
  t.same(times(videos.get(1)), [[2, 5]]);
  t.same(placeholders, []);
});

t.test('a peer with audio only has a tile while the audio lasts', async (t) => {
  const tracks = [track('a', 0, 10), track('b', 1, 9, { kind: 'audio' }), track('b', 4, 6)];
  const { videos, placeholders } = placements(tracks, size);
  t.same(times(placeholders), [
    [1, 4],
    [6, 9],
  ]);
  t.same(videos.get(2)?.[0]?.tile, placeholders[0]?.tile, 'the same one as the video');
  t.notOk(videos.has(1));
});

t.test('a video that has not started, or was silent for long, has no tile', async (t) => {
  const tracks = [track('a', 0, 30, { firstPacket: 1, silences: [{ start: 12, end: 20 }] }), track('b', 0, 30)];
  const { videos, placeholders } = placements(tracks, size);
  t.same(times(videos.get(0)), [
    [1, 12],
    [20, 30],
  ]);
  t.same(times(placeholders), [
    [0, 1],
    [12, 20],
  ]);
  t.same(placeholders[1]?.tile, videos.get(0)?.[0]?.tile);
  t.same(times(videos.get(1)), [[0, 30]], 'the other one stays where it is');
});

t.test('later tracks come last; a track that continues in another file keeps its place', async (t) => {
  const tracks = [
    track('a', 0, 5),
    track('b', 0, 10, { order: 1 }),
    track('a', 5, 10),
    track('c', 7, 10, { order: 3 }),
  ];
  const { videos } = placements(tracks, size);
  t.same(videos.get(2)?.[0]?.tile, videos.get(0)?.[0]?.tile);
  t.same(
    times(videos.get(1)),
    [
      [0, 7],
      [7, 10],
    ],
    'the other one did not move',
  );
  t.ok((videos.get(3)?.[0]?.tile.y ?? 0) > (videos.get(1)?.at(-1)?.tile.y ?? 999), 'below');
  const again = placements([track('a', 0, 2), track('b', 0, 9), track('a', 5, 9)], size).videos;
  t.ok((again.get(2)?.[0]?.tile.x ?? 0) > (again.get(1)?.at(-1)?.tile.x ?? 999), 'who was away comes last');
});

t.test('a screen share gets the main area', async (t) => {
  const { videos } = placements([track('a', 0, 9), track('a', 1, 9, { screenshare: true, order: 1 })], size);
  t.ok((videos.get(1)?.[0]?.tile.height ?? 0) > 250);
  t.ok((videos.get(0)?.at(-1)?.tile.height ?? 999) < 80);
});
