import { once } from 'node:events';
import { copyFile, type FileHandle, open, symlink, truncate, writeFile } from 'node:fs/promises';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../../src/clock/clock.ts';
import { FileComponent } from '../../../src/component/file/file-component.ts';
import type { SourceFile } from '../../../src/component/file/source-file.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { nalType, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import type { Component } from '../../../src/room/component.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { commandOutput } from '../../command-output.ts';
import { slice } from '../../media/rtp/nal-samples.ts';
import { FileRoom, ViewedTrack } from './played-file.ts';
import { decodedFrames, SampleMedia } from './sample-media.ts';

const media = await SampleMedia.open(t);
await Promise.all([
  media.h264('video.h264', { frames: 30 }),
  media.h264('b-frames.h264', { frames: 60, bFrames: 2 }),
  media.opus('audio.ogg'),
]);

function typesOf(component: Component): string[] {
  return Array.from(component.tracks.values(), ({ type }) => type);
}

/** A component that plays a file which the test has opened. */
const opened = (room: FileRoom, file: SourceFile, clock: Clock) =>
  new FileComponent(
    { room: room.world.room, logger: pino({ level: 'silent' }) },
    { filePath: 'x', framerate: null },
    { clock, openSource: async () => file },
  ).open();

t.test('a raw H264 file is announced at once, played in real time with every frame, and ends silently', async (t) => {
  const room = await FileRoom.open(t, media);
  const component = await room.play('video.h264');
  const { id } = component;
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.same(component.source.properties(), { filePath: 'video.h264', framerate: 30 });
  const [track] = [...component.tracks.values()];
  t.match(track?.id, /^[0-9A-F]{16}$/);
  const snapshot = { id: track?.id, type: 'video', metadata: null };
  const origin = { componentId: id };
  t.same(room.world.events, [{ type: 'trackAdded', roomId: 'lobby', origin, track: snapshot }]);

  const recording = await room.record();
  await hasEveryPicture(t, recording, 30, 3000);
  t.ok(recording.packets.every(({ payload }) => payload.length <= 1200));
  t.same(room.world.events.slice(1), [{ type: 'trackRemoved', roomId: 'lobby', origin, track: snapshot }]);
  t.equal(room.world.room.components.size, 0);
  t.equal(room.world.room.media.publications.size, 0);
});

/**
 * All pictures of a file are there and can be decoded. The viewer may have come after the first ones; they came again then, at timestamps
 * that do not belong to the file.
 * @param step between two pictures, in ticks
 */
async function hasEveryPicture(t: Test, recording: ViewedTrack, count: number, step: number): Promise<void> {
  const { packets, gapless, annexB } = recording;
  t.ok(gapless);
  const end = packets.at(-1)?.timestamp ?? 0;
  const distances = new Set(packets.map(({ timestamp }) => timestampDistance(timestamp, end)));
  const regular = [...distances].filter((distance) => distance % step === 0).reverse();
  const expected = regular.map((_, index) => index * step);
  t.same(regular, expected, 'one after the other');
  const pictures = packets.filter(({ marker }) => marker).length;
  t.ok(
    regular.length <= count && pictures >= count,
    `${regular.length} in their time, ${pictures} in all, of ${count}`,
  );
  t.equal(await decodedFrames(annexB), pictures);
}

t.test('with the first frame the room gets its sender report', async (t) => {
  const room = await FileRoom.open(t, media);
  const [track] = (await room.play('video.h264')).tracks.values();
  const { senderReports } = room.world.room.media.publications.get(track?.id ?? '') ?? {};
  // the clock stands: the next one would be due in five seconds
  if (senderReports?.last.length === 0) await once(senderReports.observer, 'report');
  t.equal(senderReports?.last.length, 1);
});

t.test('a requested frame rate is used', async (t) => {
  const room = await FileRoom.open(t, media);
  const component = await room.play('video.h264', 60);
  t.same(component.source.properties(), { filePath: 'video.h264', framerate: 60 });
  await hasEveryPicture(t, await room.record(), 30, 1500);
});

t.test('B-frames are transcoded: every frame comes, in order', async (t) => {
  const room = await FileRoom.open(t, media);
  await room.play('b-frames.h264');
  await hasEveryPicture(t, await room.record(), 60, 3000);
});

t.test('Opus in Ogg is passed through', async (t) => {
  const room = await FileRoom.open(t, media);
  const component = await room.play('/audio.ogg');
  t.same(component.source.properties(), { filePath: '/audio.ogg', framerate: null });
  t.same(typesOf(component), ['audio']);
  const { packets, timestamps, gapless } = await room.record();
  t.ok(gapless);
  t.same(
    timestamps,
    packets.map((_, index) => index * 960),
  );
  const { stdout } = await commandOutput('ffprobe', [
    '-v',
    'error',
    '-count_packets',
    '-show_entries',
    'stream=nb_read_packets',
    '-of',
    'csv=p=0',
    media.path('audio.ogg'),
  ]);
  const held = Number(stdout);
  t.ok(
    packets.length <= held && packets.length >= held - 5,
    `${packets.length} of ${held} packets since the viewer came`,
  );
  t.ok(packets.every(({ marker }) => !marker));
});

t.test('a late viewer gets a frame at once, and the others are not affected', async (t) => {
  // Long enough for a second replay: the first one may go to the early viewer.
  await media.h264('long-gop.h264', { frames: 120, gop: 600 });
  const room = await FileRoom.open(t, media);
  await room.play('long-gop.h264');
  const early = await room.world.tap();
  const both = new ViewedTrack();
  early.observer.on('packet', (packet) => both.packets.push({ ...packet, arrivedAt: performance.now() }));
  await early.resume();
  room.goOn();
  while (both.packets.filter(({ marker }) => marker).length < 20) await once(early.observer, 'packet');
  const late = await room.record();
  const first = late.packets[0];
  t.ok(first && [nalType.stapA, nalType.sps].includes(typeOf(first.payload) as 24), 'it begins with parameter sets');
  const pictures = await decodedFrames(late.annexB);
  t.ok(pictures >= 115, `${pictures} pictures of 120, although it came after 20`);
  t.ok(both.gapless);
  const steps = both.packets.map(({ timestamp }, index) =>
    timestampDistance(both.packets[index - 1]?.timestamp ?? timestamp, timestamp),
  );
  t.ok(
    steps.every((step) => step >= 0),
    'time never goes back',
  );
});

t.test('trackAdded is emitted before the response, even when the room is deleted at once', async (t) => {
  for (const name of ['audio.ogg', 'video.h264']) {
    const room = await FileRoom.open(t, media);
    await room.play(name);
    await room.world.registry.delete('lobby');
    t.same(
      room.world.events.map(({ type }) => type),
      ['trackAdded', 'trackRemoved', 'roomDeleted'],
    );
  }
});

t.test('deleting the component closes everything that it has opened', async (t) => {
  const room = await FileRoom.open(t, media);
  const component = await room.play('b-frames.h264');
  const tap = await room.world.tap();
  const arrived = once(tap.observer, 'packet');
  await tap.resume();
  await arrived;
  const closed = once(tap.observer, 'closed');
  await room.world.room.removeComponent(component.id);
  await closed;
  t.same(
    room.world.events.map(({ type }) => type),
    ['trackAdded', 'trackRemoved'],
  );
  const { stdout } = await commandOutput('ls', ['-l', `/proc/${process.pid}/fd`]);
  t.notMatch(stdout, 'b-frames.h264');
  const children = await commandOutput('ps', ['--ppid', String(process.pid), '-o', 'comm=']);
  t.notMatch(children.stdout, 'ffmpeg');
});

t.test('a file that cannot be played crashes its component only', async (t) => {
  const rubbish = Buffer.alloc(100_000, 'rubbish ');
  await Promise.all([
    writeFile(media.path('empty.h264'), ''),
    writeFile(media.path('empty.ogg'), ''),
    writeFile(media.path('empty.mp4'), ''),
    writeFile(media.path('rubbish.h264'), rubbish),
    writeFile(media.path('rubbish.webm'), rubbish),
    copyFile(media.path('video.h264'), media.path('really-h264.ogg')),
    copyFile(media.path('audio.ogg'), media.path('really-ogg.h264')),
    // Once in some hundred files the random bytes of an Ogg look like this.
    writeFile(
      media.path('stray-slices.h264'),
      Buffer.concat([rubbish, toAnnexB([slice('P'), slice('I', { idr: true })]), rubbish]),
    ),
  ]);
  for (const name of ['huge.h264', 'huge.ogg', 'huge.mp4', 'huge.webm']) {
    await writeFile(media.path(name), '');
    await truncate(media.path(name), 4 * 1024 ** 3);
  }
  await media.opus('surround.ogg', 1, 6);
  const names =
    'surround.ogg empty.h264 empty.ogg empty.mp4 rubbish.h264 rubbish.webm really-h264.ogg really-ogg.h264 stray-slices.h264';
  const room = await FileRoom.open(t, media);
  for (const name of [...names.split(' '), 'huge.h264', 'huge.ogg', 'huge.mp4', 'huge.webm']) {
    room.world.events.length = 0;
    const component = await room.play(name);
    const crashed = await room.world.event('componentCrashed');
    t.equal(crashed.componentId, component.id, name);
    const types = room.world.events.map(({ type }) => type);
    const tracked = name.endsWith('.h264') || name.endsWith('.ogg');
    t.same(types, tracked ? ['trackAdded', 'trackRemoved', 'componentCrashed'] : ['componentCrashed'], name);
  }
  t.equal(room.world.room.components.size, 0);
  t.equal(room.world.room.media.publications.size, 0);
  t.notOk(room.world.room.closed);
});

t.test('a component can be deleted while its file is being analysed', async (t) => {
  const room = await FileRoom.open(t, media);
  const pictures = toAnnexB(Array.from({ length: 100 }, () => slice('P')));
  let closed = false;
  let looked = () => undefined as unknown;
  const searched = new Promise<void>((resolve) => {
    looked = resolve as typeof looked;
  });
  const handle = {
    // Never ends.
    async read(buffer: Buffer) {
      await new Promise((resolve) => setImmediate(resolve));
      looked();
      return { bytesRead: pictures.copy(buffer), buffer };
    },
    async close() {
      closed = true;
    },
  } as unknown as FileHandle;
  const file = { handle, size: Number.MAX_SAFE_INTEGER, format: '.h264', framerate: 30 } as const;
  const component = await opened(room, file, systemClock);
  await searched;
  await room.world.room.removeComponent(component.id);
  t.ok(closed);
  t.same(
    room.world.events.map(({ type }) => type),
    ['trackAdded', 'trackRemoved'],
  );
});

t.test('a container whose tracks are not found is given up with bounded reading', async (t) => {
  const room = await FileRoom.open(t, media);
  const box = Buffer.from([0, 0, 0, 8, ...Buffer.from('free')]);
  const start = Buffer.from([0, 0, 0, 16, ...Buffer.from('ftypisom'), 0, 0, 0, 0]);
  let reads = 0;
  let closedAfter = Number.POSITIVE_INFINITY;
  const handle = {
    // Terabytes of empty boxes.
    async read(buffer: Buffer, offset: number, length: number, position: number) {
      await new Promise((resolve) => setImmediate(resolve));
      reads += 1;
      for (let at = 0; at < length; at += 1) {
        const place = position + at;
        buffer[offset + at] = (place < start.length ? start[place] : box[place % box.length]) ?? 0;
      }
      return { bytesRead: length, buffer };
    },
    async close() {
      closedAfter = reads;
    },
  } as unknown as FileHandle;
  const clock = new HeldClock();
  const file = { handle, size: 2 ** 42, format: '.mp4', framerate: null } as const;
  const starting = opened(room, file, clock);
  await clock.whenPending(1);
  clock.advance(4000);
  const component = await starting;
  t.equal((await room.world.event('componentCrashed')).componentId, component.id);
  while (closedAfter === Number.POSITIVE_INFINITY) await new Promise((resolve) => setImmediate(resolve));
  const settled = reads;
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.equal(reads, settled);
  t.equal(room.world.room.components.size, 0);
});

t.test('a file that ends within a frame is played up to there', async (t) => {
  await copyFile(media.path('video.h264'), media.path('cut.h264'));
  const handle = await open(media.path('cut.h264'));
  const { size } = await handle.stat();
  await handle.close();
  await truncate(media.path('cut.h264'), Math.floor(size / 2));
  const room = await FileRoom.open(t, media);
  await room.play('cut.h264');
  const { packets } = await room.record();
  t.ok(packets.length > 10);
  t.equal((await room.world.event('trackRemoved')).type, 'trackRemoved');
  t.equal(room.world.events.length, 2);
});

t.test('a dead media worker ends the component, and nothing else', async (t) => {
  const room = await FileRoom.open(t, media);
  await room.play('b-frames.h264');
  const tap = await room.world.tap();
  const arrived = once(tap.observer, 'packet');
  await tap.resume();
  await arrived;
  room.world.killWorker();
  await room.world.event('roomCrashed');
  await t.rejects(room.play('video.h264'), { code: 'roomNotFound' });
});

t.test('a symbolic link inside the folder is followed', async (t) => {
  await symlink('video.h264', media.path('link.h264'));
  const room = await FileRoom.open(t, media);
  await room.play('link.h264');
  t.ok((await room.record()).packets.length > 30);
});
