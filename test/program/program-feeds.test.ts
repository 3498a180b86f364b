import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { parseRtp } from '../../src/media/rtp/rtp-packet.ts';
import type { ProgramSink } from '../../src/media/sample.ts';
import type { ProgramSettings } from '../../src/program/composer-message.ts';
import { ChosenOrigins } from '../../src/program/origin-filter.ts';
import { ProgramFeeds } from '../../src/program/program-feeds.ts';
import type { Peer } from '../../src/room/peer.ts';
import { type Metadata, Track } from '../../src/room/track.ts';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { RtpForward } from '../../src/sfu/rtp-forward.ts';
import { format } from '../component/hls/running-stream.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';
import { ScriptedComposer } from './scripted-composer.ts';

const settings = {
  ...{ width: 640, height: 360, frameRate: 24, keyframeInterval: 1000, partDuration: 300 },
  ...{
    videoBitrate: 1e6,
    audioBitrate: 96_000,
    audioChannels: 1 as const,
    showNames: false,
    preset: 'veryfast' as const,
  },
} satisfies ProgramSettings;

/** A sink that notes its end. */
class Listener implements ProgramSink {
  readonly heard: unknown[] = [];
  format(): void {
    this.heard.push('format');
  }
  sample(): void {
    this.heard.push('sample');
  }
  end(error: Error | undefined): void {
    this.heard.push(error ?? 'end');
  }
}

class World {
  readonly workers: ScriptedComposer[] = [];
  readonly on: RoomOnWorker;
  readonly feeds = new ProgramFeeds({
    settings,
    logger: pino({ level: 'silent' }),
    startComposer: () => {
      const worker = new ScriptedComposer();
      this.workers.push(worker);
      return worker;
    },
  });

  constructor(on: RoomOnWorker) {
    this.on = on;
  }

  static async open(t: Test): Promise<World> {
    const world = new World(await RoomOnWorker.open(null));
    t.teardown(async () => {
      await world.feeds.close();
      await world.on.close();
    });
    return world;
  }

  get room() {
    return this.on.room;
  }

  join(metadata: Metadata = null): Peer {
    const peer = this.room.addPeer({ enableSimulcast: false });
    this.room.joinPeer(peer, metadata);
    return peer;
  }

  async publish(peer: Peer, id: string, codec: 'opus' | 'vp8' = 'opus', metadata: Metadata = null): Promise<RtpFeed> {
    const feed = await RtpFeed.open(this.room.media, { trackId: id, codec, cname: peer.id });
    this.room.addTracks(peer, [new Track({ id, type: codec === 'opus' ? 'audio' : 'video', metadata })]);
    return feed;
  }
}

t.test('tracks from before and after the start are added, and removed again', async (t) => {
  const world = await World.open(t);
  const ann = world.join({ displayName: 'Ann' });
  await world.publish(ann, 'before');
  world.feeds.attach(world.room, new Listener());
  const [worker] = world.workers;
  if (!worker) throw new Error('No worker was started.');
  t.same(worker.told, [], 'not before it is ready');
  worker.says({ type: 'ready' });
  t.same(await worker.hears('start'), [{ type: 'start', settings }]);
  const screen = { type: 'screenshare' };
  await world.publish(ann, 'after', 'vp8', screen);
  t.match(await worker.hears('addTrack', 2), [
    {
      track: { trackId: 'before', endpointId: ann.id, kind: 'audio', name: 'Ann', screenshare: false },
      stream: { mimeType: 'audio/opus' },
    },
    { track: { trackId: 'after', kind: 'video', screenshare: true }, stream: { mimeType: 'video/VP8' } },
  ]);
  world.room.updatePeerMetadata(ann, { displayName: 'Anna' });
  world.room.updateTrackMetadata(ann, 'after', null);
  t.match(await worker.hears('updateTrack', 3), [
    { track: { trackId: 'before', name: 'Anna' } },
    { track: { trackId: 'after', name: 'Anna', screenshare: true } },
    { track: { trackId: 'after', screenshare: false } },
  ]);
  world.room.removeTracks(ann, ['before']);
  t.same(await worker.hears('removeTrack'), [{ type: 'removeTrack', trackId: 'before' }]);
  t.equal((await worker.hears('start')).length, 1);
});

t.test('media is sent to the port of the composer', async (t) => {
  const world = await World.open(t);
  world.feeds.attach(world.room, new Listener());
  const [worker] = world.workers;
  worker?.says({ type: 'ready' });
  t.same(worker?.told, [], 'the program starts with the first track');
  const feed = await world.publish(world.join(), 'track');
  const [added] = (await worker?.hears('addTrack')) ?? [];
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  worker?.says({ type: 'listening', trackId: 'track', port: socket.address().port });
  const arrived = once(socket, 'message');
  const timer = setInterval(
    () => feed.send({ sequenceNumber: 1, timestamp: 0, marker: true, payload: Buffer.of(1) }),
    20,
  );
  t.teardown(() => clearInterval(timer));
  const [bytes] = await arrived;
  t.match(parseRtp(bytes), { ssrc: added?.stream.ssrc, payloadType: added?.stream.payloadType });
});

t.test('a needed keyframe is requested', async (t) => {
  const world = await World.open(t);
  world.feeds.attach(world.room, new Listener());
  const [worker] = world.workers;
  worker?.says({ type: 'ready' });
  await world.publish(world.join(), 'track', 'vp8');
  await worker?.hears('addTrack');
  const asked = t.capture(RtpForward.prototype, 'requestKeyframe', RtpForward.prototype.requestKeyframe);
  worker?.says({ type: 'keyframeNeeded', trackId: 'track' });
  worker?.says({ type: 'keyframeNeeded', trackId: 'unknown' });
  t.equal(asked().length, 1);
});

t.test('all programs of everything share one composer, a selection has its own', async (t) => {
  const world = await World.open(t);
  const [ann, bob] = [world.join(), world.join()];
  const sinks = [new Listener(), new Listener(), new Listener()] as const;
  const origins = new ChosenOrigins();
  const first = world.feeds.attach(world.room, sinks[0]);
  const second = world.feeds.attach(world.room, sinks[1]);
  const chosen = world.feeds.attach(world.room, sinks[2], origins);
  t.equal(world.workers.length, 2);
  const [shared, own] = world.workers;
  if (!shared || !own) throw new Error('Workers are missing.');
  shared.says({ type: 'ready' });
  own.says({ type: 'ready' });
  await world.publish(ann, 'a');
  await world.publish(bob, 'b');
  await shared.hears('addTrack', 2);
  t.same(own.told, [], 'nobody is chosen');
  origins.add([bob.id]);
  t.match(await own.hears('addTrack'), [{ track: { trackId: 'b' } }]);
  await world.publish(bob, 'b2');
  t.match(await own.hears('addTrack', 2), [{}, { track: { trackId: 'b2' } }], 'future ones as well');

  await first.close();
  t.same([sinks[0].heard, shared.closed], [['end'], 0], 'the others go on');
  shared.flush = [{ type: 'format', format: format(0), start: { wallClock: 0 } }];
  await second.close();
  await second.close();
  t.same([sinks[1].heard, shared.closed], [['format', 'end'], 1], 'the last one gets what is left');
  await chosen.close();
  t.equal(own.closed, 1);
  world.feeds.attach(world.room, new Listener());
  t.equal(world.workers.length, 3, 'and a new one begins anew');
});

t.test('a composer that dies is replaced', async (t) => {
  const world = await World.open(t);
  const sink = new Listener();
  world.feeds.attach(world.room, sink);
  const [worker] = world.workers;
  worker?.says({ type: 'ready' });
  await world.publish(world.join(), 'track');
  const [before] = (await worker?.hears('addTrack')) ?? [];
  worker?.observer.emit('lost', { reason: 'ended', code: 1 });
  worker?.says({ type: 'ready' });
  t.equal((await worker?.hears('start', 2))?.length, 2, 'the next one is started');
  const [, after] = (await worker?.hears('addTrack', 2)) ?? [];
  t.equal(after?.track.trackId, 'track');
  t.not(after?.stream.ssrc, before?.stream.ssrc, 'with a stream of its own');
  t.same(sink.heard, [], 'sinks are not told');
  worker?.observer.emit('failed', new Error('not installed'));
  t.match(sink.heard, [{ message: 'not installed' }], 'but of one that cannot be started');
});

t.test('counts include composers that died and programs that ended', async (t) => {
  const world = await World.open(t);
  const attachment = world.feeds.attach(world.room, new Listener());
  const [worker] = world.workers;
  t.same(world.feeds.frameRates, [{ roomId: world.room.id, frameRate: 24 }]);
  const statistics = { lateFrames: 3, decoderRestarts: 2, encoderRestarts: 1, frameRate: 12 };
  worker?.says({ type: 'statistics', statistics });
  t.same(world.feeds.frameRates, [{ roomId: world.room.id, frameRate: 12 }]);
  worker?.observer.emit('lost', { reason: 'ended', code: 1 });
  t.same(world.feeds.frameRates, [{ roomId: world.room.id, frameRate: 24 }]);
  t.same(world.feeds.counts, { lateFrames: 3, decoderRestarts: 2, encoderRestarts: 1 });
  worker?.says({ type: 'statistics', statistics: { ...statistics, lateFrames: 4 } });
  await attachment.close();
  t.same(world.feeds.frameRates, []);
  t.same(world.feeds.counts, { lateFrames: 7, decoderRestarts: 4, encoderRestarts: 2 });
});
