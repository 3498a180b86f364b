// A thousand viewers with a connection each, who wait for the same thing.
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { HlsContent } from '../../../src/component/hls/hls-content.ts';
import { componentDoubles, componentsOf } from '../../api/component-double.ts';
import { RunningApi } from '../../api/running-api.ts';
import { RunningStream } from './running-stream.ts';

const viewers = 1000;
/** Who connect at the same time. */
const crowd = 200;
const media = 'g2QABXZpZGVv.m3u8';
const part = (segment: number, index: number) => `muxed_segment_${segment}_g2QABXZpZGVv_${index}_part.m4s`;

const kinds = componentDoubles();
const api = await RunningApi.start({ components: componentsOf(kinds) });
t.teardown(() => api.close());

interface Reply {
  readonly status: number | undefined;
  readonly body: Buffer;
}

/** A stream behind the real routes, and how many requests have come to it. */
class Watched {
  readonly running: RunningStream;
  readonly #roomId: string;
  readonly #asked = new EventEmitter<{ one: [] }>();
  #count = 0;

  private constructor(running: RunningStream, roomId: string) {
    this.running = running;
    this.#roomId = roomId;
    const { stream } = running;
    const content: HlsContent = {
      folder: stream.folder,
      file: (name) => stream.file(name),
      playlist: (...asked) => this.#note(stream.playlist(...asked)),
      partialSegment: (name) => this.#note(stream.partialSegment(name)),
    };
    const hls = kinds.get('hls');
    if (hls) hls.content = content;
  }

  static async open(t: Test): Promise<Watched> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-viewers-'));
    const running = await RunningStream.open(folder);
    const roomId = await api.createRoom({ videoCodec: 'h264' });
    await api.ask('POST', `/room/${roomId}/component`, { body: { type: 'hls' } });
    t.teardown(async () => {
      await running.folder.settle();
      await rm(folder, { recursive: true });
    });
    return new Watched(running, roomId);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    const options = { host: '127.0.0.1', port: api.port, path: `/hls/${this.#roomId}/${path}`, headers, agent: false };
    const [response] = await once(request(options).end(), 'response');
    return { status: response.statusCode, body: await buffer(response) };
  }

  /** Resolves when all of them wait, with their responses. */
  async crowd(path: string, headers: Record<string, string> = {}): Promise<Promise<Reply>[]> {
    const responses: Promise<Reply>[] = [];
    this.#count = 0;
    while (responses.length < viewers) {
      for (let i = 0; i < crowd; i += 1) responses.push(this.get(path, headers));
      while (this.#count < responses.length) await once(this.#asked, 'one');
    }
    return responses;
  }

  #note<A>(response: Promise<A>): Promise<A> {
    this.#count += 1;
    this.#asked.emit('one');
    return response;
  }
}

/** Says how many different responses there are. */
async function different(responses: readonly Promise<Reply>[]): Promise<Reply[]> {
  const all = await Promise.all(responses);
  return [
    ...new Map(all.map((response) => [`${response.status} ${response.body.toString('latin1')}`, response])).values(),
  ];
}

t.test('all viewers get the same complete playlist, compressed or not, and part', async (t) => {
  const watched = await Watched.open(t);
  const { running } = watched;
  running.seconds(4);
  const query = `${media}?_HLS_msn=2&_HLS_part=0`;
  const plain = await watched.crowd(query);
  t.equal(running.clock.pending, 1, 'they wait, with one timer for all');
  running.feed(6);
  const playlist = running.playlist() ?? '';
  t.match(playlist, part(2, 0));
  t.same(await different(plain), [{ status: 200, body: Buffer.from(playlist) }]);
  t.equal(running.clock.pending, 0, 'nobody waits any more');

  const compressed = await watched.crowd(`${media}?_HLS_msn=2&_HLS_part=1`, { 'accept-encoding': 'gzip' });
  running.feed(6);
  const [packed, ...others] = await different(compressed);
  t.same(others, []);
  t.equal(gunzipSync(packed?.body ?? '').toString(), running.playlist());

  const hinted = await watched.crowd(part(2, 2));
  running.feed(6);
  t.same(await different(hinted), [{ status: 200, body: running.stream.file(part(2, 2))?.body }]);
});

t.test('invalid blocking requests are refused', async (t) => {
  const watched = await Watched.open(t);
  const { running } = watched;
  running.seconds(4);
  const status = async (query: string) => (await watched.get(`${media}?${query}`)).status;
  t.equal(await status('_HLS_msn=4'), 400, 'more than two segments ahead');
  t.equal(await status('_HLS_msn=2&_HLS_part=13'), 400, 'more than three seconds of parts ahead');
  t.equal(await status('_HLS_part=1'), 400, 'a part of nothing');
  t.equal(await status('_HLS_msn=1&_HLS_part=1&_HLS_other=1&token=abc'), 200, 'what is not known is ignored');
  const waiting = await watched.crowd(`${media}?_HLS_msn=2&_HLS_part=0&token=abc`);
  running.clock.advance(7000);
  const late = await different(waiting);
  t.equal(late.length, 1);
  t.equal(late[0]?.status, 503, 'three target durations have passed');
  t.equal(running.clock.pending, 0);
});

t.test('waiting viewers are released when the stream ends', async (t) => {
  const watched = await Watched.open(t);
  const { running } = watched;
  running.seconds(4);
  const waiting = await watched.crowd(`${media}?_HLS_msn=2&_HLS_part=0`);
  await running.end();
  const final = { status: 200, body: Buffer.from(running.playlist() ?? '') };
  t.match(final.body.toString(), /#EXT-X-ENDLIST\n$/);
  t.same(await different(waiting), [final], 'whoever waits is told');
  t.same(await watched.get(`${media}?_HLS_msn=900&_HLS_part=7`), final, 'positions are ignored');
});
