// The rules of RFC 8216bis that a low-latency server must hold, each with a case; and what docs/contracts/fishjam-rest.md 9 adds.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { HlsStreamOptions } from '../../../src/component/hls/hls-stream.ts';
import type { PlaylistPosition } from '../../../src/component/hls/stream-progress.ts';
import { RunningStream } from './running-stream.ts';

const media = 'g2QABXZpZGVv.m3u8';
const delta = 'g2QABXZpZGVv_delta.m3u8';
const part = (segment: number, index: number) => `muxed_segment_${segment}_g2QABXZpZGVv_${index}_part.m4s`;
async function open(t: Test, options?: Partial<HlsStreamOptions>): Promise<RunningStream> {
  const path = await mkdtemp(join(tmpdir(), 'shoal-hls-'));
  const running = await RunningStream.open(path, options);
  t.teardown(async () => {
    await running.folder.settle();
    await rm(path, { recursive: true });
  });
  return running;
}

/** Whether a request is answered now, without any further media. */
async function isAnswered(request: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting');
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([request, Promise.resolve(waiting)])) !== waiting;
}

t.test('the playlists are to the letter', async (t) => {
  const running = await open(t);
  t.throws(() => running.playlist(), { code: 'fileNotFound' }, 'nothing yet');
  t.throws(() => running.playlist('index.m3u8'), { code: 'fileNotFound' });
  running.seconds(2).feed(7);
  t.equal(
    running.playlist(),
    [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:2',
      '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.75',
      '#EXT-X-PART-INF:PART-TARGET=0.25',
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-DISCONTINUITY-SEQUENCE:0',
      '#EXT-X-MAP:URI="muxed_header_g2QABXZpZGVv_part_0.mp4"',
      '#EXT-X-PROGRAM-DATE-TIME:2024-05-23T12:58:19.123Z',
      ...[0, 1, 2, 3, 4, 5, 6, 7].map(
        (index) => `#EXT-X-PART:DURATION=0.25,URI="${part(0, index)}"${index % 4 === 0 ? ',INDEPENDENT=YES' : ''}`,
      ),
      '#EXTINF:2.0,',
      'muxed_segment_0_g2QABXZpZGVv.m4s',
      '#EXT-X-PROGRAM-DATE-TIME:2024-05-23T12:58:21.123Z',
      `#EXT-X-PART:DURATION=0.25,URI="${part(1, 0)}",INDEPENDENT=YES`,
      `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${part(1, 1)}"`,
      '',
    ].join('\n'),
  );
  const [stream] = running.lines('#EXT-X-STREAM-INF', 'index.m3u8');
  t.match(
    stream,
    /^#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,RESOLUTION=640x360,FRAME-RATE=24,CODECS="avc1.4d401e,mp4a.40.2"$/,
  );
  t.match(running.playlist('index.m3u8'), /^#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n/);
  t.equal(running.playable, 1, 'told once');
});

t.test('regular HLS has no parts', async (t) => {
  const running = await open(t, { lowLatency: false });
  running.seconds(5);
  t.equal(running.playable, 0, 'the first segment is not complete');
  running.seconds(8);
  t.equal(running.playable, 1);
  t.same(running.lines('#EXTINF'), ['#EXTINF:6.0,', '#EXTINF:6.0,']);
  t.same(running.lines('#EXT-X-TARGETDURATION'), ['#EXT-X-TARGETDURATION:6']);
  for (const tag of ['#EXT-X-PART', '#EXT-X-SERVER-CONTROL', '#EXT-X-PRELOAD-HINT'])
    t.same(running.lines(tag), [], tag);
  t.equal(await running.stream.playlist('media', { segment: 0, part: 0 }), undefined, 'nobody waits');
  t.equal(await running.stream.partialSegment(part(0, 0)), undefined, 'no parts');
  t.equal(running.stream.file(media)?.maxAge, 3, 'half a target duration');
});

t.test('segments have their target duration', async (t) => {
  const running = await open(t);
  const targets = new Set<string>();
  for (let i = 0; i < 40; i += 1) {
    running.feed(12);
    for (const line of running.lines('#EXT-X-TARGETDURATION')) targets.add(line);
  }
  t.same([...targets], ['#EXT-X-TARGETDURATION:2'], 'the target duration never changes');
  for (const line of running.lines('#EXTINF')) t.ok(Math.round(Number.parseFloat(line.slice(8))) <= 2, line);
  for (const line of running.lines('#EXT-X-PART:')) {
    const duration = Number(/DURATION=([\d.]+)/.exec(line)?.[1]);
    t.ok(duration <= 0.25 && duration >= 0.85 * 0.25, line);
  }
});

t.test('half of the frames keep the durations', async (t) => {
  const running = await open(t);
  const { packager } = running;
  let time = 0;
  // Each second frame is missing: the one before lasts as long as both.
  for (let i = 0; i < 96; i += 1) {
    const shared = { data: Buffer.alloc(10), keyframe: i % 12 === 0 };
    packager.sample({ kind: 'video', ...shared, time, duration: 7500 });
    packager.sample({ kind: 'audio', ...shared, keyframe: true, time: (time * 48) / 90, duration: 4000 });
    time += 7500;
  }
  const durations = running.lines('#EXT-X-PART:').map((line) => Number(/DURATION=([\d.]+)/.exec(line)?.[1]));
  t.ok(durations.length > 20);
  t.ok(
    durations.every((duration) => duration <= 0.25),
    'no part is longer than its target',
  );
  t.same(new Set(running.lines('#EXTINF')), new Set(['#EXTINF:2.0,']), 'no segment either');
});

t.test('blocking reload waits for its position', async (t) => {
  // Segments 0 and 1 are complete, segment 2 has parts 0 and 1.
  const rows: [PlaylistPosition, 'now' | 'part' | 'segment' | 'next' | 400, string][] = [
    [{ segment: 0, part: 0 }, 'now', 'an old part'],
    [{ segment: 1 }, 'now', 'a complete segment'],
    [{ segment: 2, part: 1 }, 'now', 'the newest part'],
    [{ segment: 1, part: 8 }, 'now', 'past the end of a segment: part 0 of the next'],
    [{ segment: 1, part: 5000 }, 'now', 'far past the end of a segment'],
    [{ segment: 2, part: 2 }, 'part', 'the next part'],
    [{ segment: 2 }, 'segment', 'the segment that is being made'],
    [{ segment: 2, part: 8 }, 'next', 'past the end of a segment that is being made'],
    [{ segment: 3, part: 0 }, 'next', 'the next segment'],
    [{ segment: 3 }, 'next', 'two segments ahead'],
    [{ segment: 4 }, 400, 'more than two segments ahead of the newest complete one'],
    [{ segment: 4, part: 0 }, 400, 'the same with a part'],
    [{ segment: 2, part: 13 }, 'next', 'twelve parts ahead: 3 s'],
    [{ segment: 2, part: 14 }, 400, 'thirteen parts ahead'],
    [{ segment: 3, part: 5 }, 'next', 'twelve parts ahead, in the next segment'],
    [{ segment: 3, part: 6 }, 400, 'thirteen parts ahead, in the next segment'],
  ];
  for (const [position, expected, name] of rows) {
    const running = await open(t);
    running.seconds(4).feed(12);
    const request = running.stream.playlist('media', position);
    if (expected === 400) {
      await t.rejects(request, { code: 'playlistTooFarAhead' }, name);
      continue;
    }
    t.equal(await isAnswered(request), expected === 'now', `${name}: at once?`);
    running.feed(6);
    t.equal(await isAnswered(request), ['now', 'part'].includes(expected), `${name}: with the next part?`);
    running.feed(30);
    t.equal(await isAnswered(request), expected !== 'next', `${name}: with the segment?`);
    running.seconds(2);
    t.equal(await isAnswered(request), true, `${name}: with the segment after?`);
    t.match((await request)?.body.toString(), /^#EXTM3U/);
  }
});

t.test('a segment that ends early is listed', async (t) => {
  const running = await open(t);
  running.seconds(4).feed(12);
  const request = running.stream.playlist('media', { segment: 2, part: 2 });
  const hinted = running.stream.partialSegment(part(2, 2));
  running.changeFormat(1);
  t.equal(await isAnswered(request), false, 'part 2 is now part 0 of the next');
  running.feed(6);
  t.match((await request)?.body.toString(), /segment_3/);
  t.equal(await hinted, undefined, 'it will never exist');
});

t.test('a blocking request that waits too long is refused', async (t) => {
  const running = await open(t);
  running.seconds(4);
  const request = running.stream.playlist('media', { segment: 2, part: 0 });
  const patient = t.rejects(request, { code: 'playlistLate', status: 503 });
  running.clock.advance(6000);
  t.equal(await isAnswered(request.catch(() => 0)), false, 'three target durations');
  running.clock.advance(1000);
  await patient;
  t.equal(running.clock.pending, 0, 'no timer is left');
});

t.test('all waiting requests share one timer', async (t) => {
  const running = await open(t);
  running.seconds(4);
  t.equal(running.clock.pending, 0);
  const requests = Array.from({ length: 100 }, () => running.stream.playlist('media', { segment: 2, part: 0 }));
  t.equal(running.clock.pending, 1);
  running.feed(6);
  const bodies = new Set((await Promise.all(requests)).map((answer) => answer?.body));
  t.equal(bodies.size, 1, 'all get the same bytes');
  t.equal(running.clock.pending, 0);
});

t.test('parts are listed and served', async (t) => {
  const running = await open(t);
  running.seconds(4).feed(12);
  t.same(running.lines('#EXT-X-PRELOAD-HINT'), [`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${part(2, 2)}"`], 'one hint');
  const hinted = running.stream.partialSegment(part(2, 2));
  const nextSegment = running.stream.partialSegment(part(3, 0));
  t.equal(await isAnswered(hinted), false, 'the hinted part is waited for');
  t.equal(await running.stream.partialSegment(part(2, 3)), undefined, 'but not what comes after');
  t.equal(await running.stream.partialSegment(part(3, 1)), undefined);
  t.equal(await running.stream.partialSegment('what_part.m4s'), undefined);
  running.feed(6);
  t.ok((await hinted)?.body.length);
  running.seconds(2);
  t.ok((await nextSegment)?.body.length, 'the first part of the next segment');
  const segment = running.stream.file('muxed_segment_1_g2QABXZpZGVv.m4s')?.body;
  const parts = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => running.stream.file(part(1, index))?.body ?? Buffer.alloc(0));
  t.same(segment, Buffer.concat(parts), 'a segment is its parts');
  const grown = running.stream.file('muxed_segment_3_g2QABXZpZGVv.m4s')?.body;
  t.ok(grown?.length, 'a segment that is being made is what is there so far');
});

t.test('parts are listed for three target durations and served longer', async (t) => {
  const running = await open(t);
  running.seconds(18);
  await running.folder.settle();
  running.seconds(2);
  const listed = new Set(running.lines('#EXT-X-PART:').map((line) => /segment_(\d+)/.exec(line)?.[1]));
  t.same([...listed], ['7', '8', '9'], 'three target durations from the end');
  t.equal(running.lines('#EXTINF').length, 10, 'segment lines stay');
  t.ok(running.stream.file(part(4, 0)), 'for as long again after their lines have gone');
  t.equal(running.stream.file(part(1, 0)), undefined, 'not for ever');
});

t.test('delta playlists skip old segments', async (t) => {
  const running = await open(t);
  running.seconds(12);
  t.equal(running.playlist(delta), undefined, 'nothing is old enough');
  t.notMatch(running.playlist(), /CAN-SKIP-UNTIL/);
  t.match(
    (await running.stream.playlist('delta', { segment: 0, part: 0 }))?.body.toString(),
    /segment_0_/,
    'the whole',
  );
  running.seconds(4).feed(6);
  t.match(running.playlist(), /CAN-SKIP-UNTIL=12.0\n/, 'six target durations');
  t.same(running.lines('#EXT-X-SKIP', delta), ['#EXT-X-SKIP:SKIPPED-SEGMENTS=2']);
  t.same(running.lines('#EXT-X-VERSION', delta), ['#EXT-X-VERSION:9']);
  t.same(running.lines('#EXT-X-MEDIA-SEQUENCE', delta), ['#EXT-X-MEDIA-SEQUENCE:0']);
  const withoutSkipped = (running.playlist() ?? '').split('\n');
  const rest = (running.playlist(delta) ?? '').split('\n');
  const from = rest.findIndex((line) => line.startsWith('#EXT-X-SKIP')) + 1;
  t.same(rest.slice(from), withoutSkipped.slice(-rest.slice(from).length), 'what follows is the same as in the whole');
  t.equal(rest.slice(from).filter((line) => line.startsWith('#EXTINF')).length, 6);
});

t.test('a window drops old segments', async (t) => {
  const running = await open(t, { window: 10 });
  running.seconds(30).feed(6);
  t.equal(running.lines('#EXTINF').length, 5);
  t.same(running.lines('#EXT-X-MEDIA-SEQUENCE'), ['#EXT-X-MEDIA-SEQUENCE:10']);
  t.notMatch(running.playlist(), /CAN-SKIP-UNTIL/, 'no delta of a window');
  t.equal(running.playlist(delta), undefined);
  t.match(running.lines('#EXT-X-MAP').length, 1, 'still with its init segment');
  const request = running.stream.playlist('media', { segment: 1, part: 3 });
  t.equal(await isAnswered(request), true, 'a segment that has left: the whole current playlist');
  await running.end();
  const files = await readdir(running.folder.path);
  t.notOk(files.includes('muxed_segment_1_g2QABXZpZGVv.m4s'), 'the disk is not filled');
  t.ok(files.includes('muxed_segment_9_g2QABXZpZGVv.m4s'), 'but what was listed a moment ago is still there');
});

t.test('a window is never shorter than the protocol requires', async (t) => {
  for (const window of [0, 1, -5]) {
    const running = await open(t, { window });
    running.seconds(30);
    t.equal(running.lines('#EXTINF').length, 3, 'three target durations');
  }
});

t.test('a new format starts with a discontinuity and an init segment', async (t) => {
  const running = await open(t, { window: 6 });
  running.seconds(3).changeFormat(1).seconds(3);
  t.same(
    (running.playlist() ?? '').split('\n').filter((line) => /MAP|DISCONT|EXTINF/.test(line)),
    [
      '#EXT-X-DISCONTINUITY-SEQUENCE:0',
      '#EXT-X-MAP:URI="muxed_header_g2QABXZpZGVv_part_0.mp4"',
      '#EXTINF:2.0,',
      '#EXTINF:1.0,',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="muxed_header_g2QABXZpZGVv_part_1.mp4"',
      '#EXTINF:2.0,',
    ],
    'the segment is cut early, and a new init segment follows',
  );
  running.seconds(9);
  t.same(running.lines('#EXT-X-DISCONTINUITY-SEQUENCE'), ['#EXT-X-DISCONTINUITY-SEQUENCE:1'], 'it has slid out');
  t.same(running.lines('#EXT-X-DISCONTINUITY\n'), []);
  t.same(running.lines('#EXT-X-MAP'), ['#EXT-X-MAP:URI="muxed_header_g2QABXZpZGVv_part_1.mp4"']);
  t.ok(running.stream.file('muxed_header_g2QABXZpZGVv_part_1.mp4')?.body.length);
});

t.test('every segment has its wall-clock time', async (t) => {
  const running = await open(t);
  running.seconds(3).changeFormat(1).seconds(3);
  t.same(
    running.lines('#EXT-X-PROGRAM-DATE-TIME').map((line) => line.slice(-13, -1)),
    ['12:58:19.123', '12:58:21.123', '12:58:22.123', '12:58:24.123'],
  );
});

t.test('the end closes the playlists', async (t) => {
  const running = await open(t, { window: 6, persistent: true });
  running.seconds(19).feed(8);
  const request = running.stream.playlist('media', { segment: 10, part: 0 });
  await running.end();
  const final = (await request)?.body.toString();
  t.match(final, /#EXT-X-ENDLIST\n$/, 'whoever waits is told');
  t.notMatch(final, /PRELOAD-HINT/);
  t.ok(await isAnswered(running.stream.playlist('media', { segment: 5000, part: 5 })), 'positions are ignored');
  const stored = await readFile(join(running.folder.path, media), 'utf8');
  t.match(stored, /#EXT-X-MEDIA-SEQUENCE:0\n/, 'on disk from the first segment on');
  t.match(stored, /#EXT-X-ENDLIST\n$/);
  t.notMatch(stored, /EXT-X-PART|SERVER-CONTROL/, 'without what only live streams have');
  const listed = stored.split('\n').filter((line) => line.endsWith('.m4s'));
  t.equal(listed.length, 10);
  const files = await readdir(running.folder.path);
  t.same(
    files.sort(),
    [...listed, media, 'index.m3u8', 'muxed_header_g2QABXZpZGVv_part_0.mp4'].sort(),
    'all of it, and nothing else',
  );
});

t.test('a playlist on disk is closed once all of it is there', async (t) => {
  const running = await open(t, { persistent: true });
  const { folder } = running;
  const write = folder.writeText.bind(folder);
  const written: string[] = [];
  folder.writeText = (name, text) =>
    write(name, () => {
      if (name === media) written.push(text());
      return text();
    });
  // Ended while nothing of it is stored yet.
  await running.seconds(9).end();
  const closed = written.filter((text) => text.endsWith('#EXT-X-ENDLIST\n'));
  t.ok(written.length > 1);
  t.equal(closed.length, 1);
  t.equal(closed[0], written.at(-1));
  t.equal(closed[0]?.match(/#EXTINF/g)?.length, 5);
});

t.test('a stream that never started leaves no playlist', async (t) => {
  const running = await open(t);
  await running.end();
  t.notOk((await readdir(running.folder.path)).includes('index.m3u8'));
});

t.test('playlists are compressed', async (t) => {
  const running = await open(t);
  running.seconds(4);
  const [first, second] = [running.stream.file(media), running.stream.file(media)];
  t.equal(gunzipSync(first?.gzip?.() ?? '').toString(), running.playlist());
  t.equal(first?.gzip?.(), second?.gzip?.(), 'once for all viewers');
  t.equal(running.stream.file(part(1, 0))?.gzip, undefined, 'media is compressed already');
});

t.test('responses can be cached as their content allows', async (t) => {
  const running = await open(t);
  running.seconds(4);
  t.equal(running.stream.file(media)?.maxAge, 1, 'half a target duration');
  t.equal((await running.stream.playlist('media', { segment: 1, part: 0 }))?.maxAge, 6, 'a few target durations');
  t.equal(running.stream.file(part(1, 0))?.maxAge, 12);
});
