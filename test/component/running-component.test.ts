import { once } from 'node:events';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { RunningComponent } from '../../src/component/running-component.ts';
import type { Component } from '../../src/room/component.ts';
import type { Room } from '../../src/room/room.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import type { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';

/** A kind that does nothing but what it is told. */
class Obedient extends RunningComponent {
  stopped = 0;

  constructor(room: Room<RoomRouter>, lines: string[]) {
    super('file', { room, logger: pino({}, { write: (line) => lines.push(line) }) });
  }

  override async open(): Promise<Component> {
    return await this.enter();
  }

  properties(): Record<string, unknown> {
    return {};
  }

  protected async stop(): Promise<void> {
    this.stopped += 1;
  }

  override openFeed(codec: 'opus' | 'h264'): Promise<RtpFeed> {
    return super.openFeed(codec);
  }

  override announce(feeds: readonly RtpFeed[]): void {
    super.announce(feeds);
  }

  override withdraw(feed: RtpFeed): void {
    super.withdraw(feed);
  }

  override end(): void {
    super.end();
  }

  override crash(error: unknown): void {
    super.crash(error);
  }
}

async function open(t: Test) {
  const world = await RoomOnWorker.open();
  t.teardown(() => world.close());
  const lines: string[] = [];
  const running = new Obedient(world.room, lines);
  return { world, running, lines, types: () => world.events.map(({ type }) => type) };
}

/** In the room, with a track of each kind. */
async function publishing(t: Test) {
  const opened = await open(t);
  await opened.running.open();
  const feeds = [await opened.running.openFeed('h264'), await opened.running.openFeed('opus')];
  opened.running.announce(feeds);
  return { ...opened, feeds };
}

t.test('a track is published when it is announced', async (t) => {
  const { world, running, types } = await open(t);
  const component = await running.open();
  t.equal(world.room.components.get(component.id), component);
  const feed = await running.openFeed('opus');
  t.equal(component.tracks.size, 0);
  running.announce([feed]);
  const [track] = [...component.tracks.values()];
  t.match(track?.id, /^[0-9A-F]{16}$/);
  t.match(track, { id: feed.publication.trackId, type: 'audio', metadata: null });
  t.equal(feed.publication.producer.rtpParameters.rtcp?.cname, component.id);
  running.withdraw(feed);
  running.withdraw(feed);
  t.ok(feed.closed);
  t.same(types(), ['trackAdded', 'trackRemoved']);
});

t.test('a finished component is removed silently', async (t) => {
  const { world, running, feeds, types } = await publishing(t);
  running.end();
  t.equal(world.room.components.size, 0);
  await running.close();
  t.ok(feeds.every(({ closed }) => closed));
  t.same(types(), ['trackAdded', 'trackAdded', 'trackRemoved', 'trackRemoved']);
  running.end();
  running.crash(new Error('too late'));
  t.equal(types().length, 4);
  t.equal(running.stopped, 1);
});

t.test('a crashed component is notified to backends', async (t) => {
  const { world, running, types, lines } = await publishing(t);
  running.crash(new Error('broken'));
  t.same(types().slice(2), ['trackRemoved', 'trackRemoved', 'componentCrashed']);
  t.equal(world.room.components.size, 0);
  await running.close();
  t.equal(running.stopped, 1);
  const line = JSON.parse(lines.find((text) => text.includes('crashed')) ?? '{}');
  t.match(line, { roomId: 'lobby', componentId: running.component.id, err: { message: 'broken' } });
});

t.test('a component ends with its room', async (t) => {
  const { world, running, feeds } = await publishing(t);
  await world.registry.delete('lobby');
  t.equal(running.stopped, 1);
  t.ok(feeds.every(({ closed }) => closed));
  t.ok(running.closed);
  const late = new Obedient(world.room, []);
  await t.rejects(late.open(), { code: 'roomNotFound' });
  t.equal(late.stopped, 1, 'what it had opened is closed');
});

t.test('a component ends with its media worker', async (t) => {
  const { world, running, feeds } = await publishing(t);
  const closed = once(feeds[0]?.observer as RtpFeed['observer'], 'closed');
  world.killWorker();
  await closed;
  await world.event('roomCrashed');
  await running.close();
  t.equal(running.stopped, 1);
  t.notOk(
    world.events.some(({ type }) => type === 'componentCrashed'),
    'the room says it for all',
  );
});

t.test('a feed that opens too late is closed at once', async (t) => {
  const { world, running } = await open(t);
  await running.open();
  const opening = running.openFeed('opus');
  await running.close();
  t.ok((await opening).closed);
  t.equal(world.room.media.publications.size, 0);
});

t.test('start and end are logged once each', async (t) => {
  const said = (lines: string[]) => lines.map((line) => JSON.parse(line).msg);
  const ended = await open(t);
  await ended.running.open();
  ended.running.end();
  await ended.running.close();
  t.same(said(ended.lines), ['A component was created.', 'A component has ended.']);
  t.match(JSON.parse(ended.lines[0] ?? ''), { type: 'file', roomId: ended.world.room.id });
  const crashed = await open(t);
  await crashed.running.open();
  crashed.running.crash(new Error('No'));
  await crashed.running.close();
  t.same(said(crashed.lines), ['A component was created.', 'A component crashed.']);
  const refused = await open(t);
  await refused.running.close();
  t.same(refused.lines, []);
});
