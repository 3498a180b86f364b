// A copy in another process replies as the stream does, at every step and wherever it began.
import t, { type Test } from 'tap';
import type { LiveFiles } from '../../../src/component/hls/hls-content.ts';
import type { HlsStreamOptions } from '../../../src/component/hls/hls-stream.ts';
import { StreamCopy } from '../../../src/component/hls/stream-copy.ts';
import type { StreamUpdate } from '../../../src/component/hls/stream-update.ts';
import { frameMessage, MessageReader } from '../../../src/process/message-framing.ts';
import { RunningStream } from './running-stream.ts';

const media = 'g2QABXZpZGVv';
const playlists = ['index.m3u8', `${media}.m3u8`, `${media}_delta.m3u8`];
const segments = Array.from({ length: 14 }, (_, n) => `muxed_segment_${n}_${media}`);
const names = [
  ...playlists,
  ...[0, 1].map((n) => `muxed_header_${media}_part_${n}.mp4`),
  ...segments.flatMap((name) => [`${name}.m4s`, ...[0, 1, 7, 8].map((part) => `${name}_${part}_part.m4s`)]),
];
const positions = segments.flatMap((_, segment) =>
  [undefined, 0, 3, 7, 8, 12].map((part) => ({ segment, ...(part !== undefined && { part }) })),
);

/** As another process receives it. */
function received(update: StreamUpdate): StreamUpdate {
  const all: StreamUpdate[] = [];
  new MessageReader<StreamUpdate>((message) => all.push(message)).push(frameMessage(update));
  return all[0] as StreamUpdate;
}

async function copied(t: Test, options: Partial<HlsStreamOptions>) {
  const running = await RunningStream.open(t.testdir({}), options);
  t.teardown(() => running.folder.settle());
  const { observer, snapshot } = running.stream.copied;
  const copies: StreamCopy[] = [];
  observer.on('update', (update) => {
    for (const copy of copies) copy.update(received(update));
  });
  return { running, copies, begin: () => copies.push(new StreamCopy(received(snapshot()), running.clock)) };
}

const sizes = (content: LiveFiles) =>
  names.map((name) => {
    try {
      const { body, maxAge, gzip } = content.file(name) ?? {};
      return [name, body?.toString('latin1'), maxAge, gzip !== undefined];
    } catch (error) {
      return [name, (error as Error).message];
    }
  });

/** What is replied to each position now; `waits` when nothing is. */
async function replies(content: LiveFiles): Promise<unknown[]> {
  const asked = positions.map(async (position) => {
    const reply = content.playlist(position.segment % 2 === 0 ? 'media' : 'delta', position);
    const settled = reply.then(
      (resource) => resource?.body.length,
      (error: Error) => error.message,
    );
    return await Promise.race([settled, new Promise((resolve) => setImmediate(resolve, 'waits'))]);
  });
  return await Promise.all(asked);
}

for (const options of [{}, { window: 6 }, { lowLatency: false }]) {
  t.test(`with ${JSON.stringify(options)}`, async (t) => {
    const { running, copies, begin } = await copied(t, options);
    begin();
    for (let step = 0; step < 40; step += 1) {
      running.feed(15);
      if (step === 9 || step === 23) begin();
      if (step === 20) running.changeFormat(1);
      await running.folder.settle();
      // Of regular HLS only whole segments are told, unless a copy begins.
      running.stream.copied.snapshot();
      const expected = [sizes(running.stream), step % 4 === 0 && (await replies(running.stream))];
      for (const copy of copies) {
        t.strictSame([sizes(copy.content), step % 4 === 0 && (await replies(copy.content))], expected);
      }
    }
    const [first] = copies as [StreamCopy];
    const hinted = first.content.playlist('media', { segment: 99, part: 0 }).catch((error: Error) => error.message);
    const late = options.lowLatency === false ? undefined : 'Playlist position too far ahead';
    t.equal(await hinted, late);
    await running.end();
    for (const copy of copies) t.strictSame(sizes(copy.content), sizes(running.stream), 'ended');
  });
}
