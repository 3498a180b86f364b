import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { parseRtp } from '../../src/media/rtp/rtp-packet.ts';
import { TrackForwarder } from '../../src/program/track-forwarder.ts';
import type { ToTrackWorker } from '../../src/program/track-message.ts';
import { Publication } from '../../src/sfu/publication.ts';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { RtpForward } from '../../src/sfu/rtp-forward.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';

/** A forwarder of a real room's tracks, and what its worker was told. */
async function forwarding(t: Test) {
  const world = await RoomOnWorker.open(null);
  const { media } = world.room;
  const told: ToTrackWorker<string>[] = [];
  const events = new EventEmitter<{ told: [] }>();
  const send = (message: ToTrackWorker<string>) => {
    told.push(message);
    events.emit('told');
  };
  const forwarder = new TrackForwarder<string>({ media, send, logger: pino({ level: 'silent' }) });
  t.teardown(async () => {
    forwarder.close();
    await world.close();
  });
  const added = () => told.flatMap((message) => (message.type === 'addTrack' ? [message] : []));
  return {
    ...{ forwarder, media, told, added },
    publish: (trackId: string) => RtpFeed.open(media, { trackId, codec: 'vp8', cname: 'peer' }),
    untilAdded: async (count: number) => {
      while (added().length < count) await once(events, 'told');
    },
  };
}

/** @returns what is opened from now on */
function watchOpening(t: Test): Promise<RtpForward>[] {
  const { open } = RtpForward;
  const opened: Promise<RtpForward>[] = [];
  t.capture(RtpForward, 'open', (...given: Parameters<typeof open>) => {
    const forward = open.apply(RtpForward, given);
    opened.push(forward);
    return forward;
  });
  return opened;
}

t.test('tracks are described again to each worker', async (t) => {
  const { forwarder, publish, added, untilAdded } = await forwarding(t);
  await publish('track');
  let name = 'first';
  forwarder.add('track', () => name);
  forwarder.add('track', () => 'the same again');
  t.same(added(), [], 'not before the worker is ready');
  forwarder.take({ type: 'ready' });
  await untilAdded(1);
  name = 'second';
  forwarder.lose();
  forwarder.take({ type: 'ready' });
  await untilAdded(2);
  t.match(added(), [{ track: 'first' }, { track: 'second' }]);
  t.not(added()[0]?.stream.ssrc, added()[1]?.stream.ssrc, 'with a stream of its own');
});

t.test('a worker that is replaced while a track is opened gets the track once', async (t) => {
  const { forwarder, publish, added } = await forwarding(t);
  const feed = await publish('track');
  const opened = watchOpening(t);
  forwarder.add('track', () => 'track');
  forwarder.take({ type: 'ready' });
  forwarder.lose();
  forwarder.take({ type: 'ready' });
  const forwards = await Promise.all(opened);
  t.same([forwards.length, added().length], [2, 1]);
  const [kept] = forwards.filter(({ closed }) => !closed);
  t.equal(kept?.stream.ssrc, added()[0]?.stream.ssrc, 'what the worker knows is what is kept');

  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  forwarder.take({ type: 'listening', trackId: 'track', port: socket.address().port });
  const arrived = once(socket, 'message');
  const payload = Buffer.from('10509d019d012a40016001', 'hex');
  const timer = setInterval(() => feed.send({ sequenceNumber: 1, timestamp: 0, marker: true, payload }), 20);
  t.teardown(() => clearInterval(timer));
  const [bytes] = await arrived;
  t.equal(parseRtp(bytes)?.ssrc, kept?.stream.ssrc);
});

t.test('a track that is removed is taken from the worker, if the worker knows it', async (t) => {
  const { forwarder, publish, told, untilAdded } = await forwarding(t);
  await Promise.all(['one', 'two'].map(publish));
  forwarder.add('one', () => 'one');
  forwarder.add('two', () => 'two');
  forwarder.remove('two');
  forwarder.remove('unknown');
  forwarder.take({ type: 'ready' });
  await untilAdded(1);
  forwarder.remove('one');
  t.match(told, [
    { type: 'addTrack', track: 'one' },
    { type: 'removeTrack', trackId: 'one' },
  ]);
  t.equal(told.length, 2);
});

t.test('the keyframes that the worker needs are requested', async (t) => {
  const { forwarder, publish, untilAdded } = await forwarding(t);
  await publish('track');
  forwarder.add('track', () => 'track');
  forwarder.take({ type: 'ready' });
  await untilAdded(1);
  const asked = t.capture(RtpForward.prototype, 'requestKeyframe', RtpForward.prototype.requestKeyframe);
  forwarder.take({ type: 'keyframeNeeded', trackId: 'track' });
  forwarder.take({ type: 'keyframeNeeded', trackId: 'unknown' });
  t.equal(asked().length, 1);
});

t.test('a simulcast track is requested in the layer that fits its tile, by each worker anew', async (t) => {
  const { forwarder, media, publish, added, untilAdded } = await forwarding(t);
  const transport = await media.createDirectTransport();
  const codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
  const encodings = [{ ssrc: 1 }, { ssrc: 2 }, { ssrc: 3 }];
  const producer = await transport.produce({ kind: 'video', rtpParameters: { codecs: [codec], encodings } });
  await media.addPublication(new Publication('camera', producer, ['l', 'm', 'h']));
  await publish('plain');
  const requested = t.capture(RtpForward.prototype, 'setLayer', RtpForward.prototype.setLayer);
  for (const trackId of ['camera', 'plain']) forwarder.add(trackId, () => trackId);
  for (const workers of [1, 2]) {
    forwarder.take({ type: 'ready' });
    await untilAdded(2 * workers);
    const tile = { width: 640, height: 360 };
    for (const trackId of ['camera', 'plain', 'unknown']) {
      forwarder.take({ type: 'tileSize', trackId, tile, frame: undefined });
    }
    forwarder.lose();
  }
  t.same(
    added()
      .map(({ track, simulcast }) => [track, simulcast])
      .sort(),
    [
      ['camera', true],
      ['camera', true],
      ['plain', undefined],
      ['plain', undefined],
    ],
    'only of such tracks it wants to know the size',
  );
  t.same(
    requested().map(({ args }) => args),
    [[1], [1]],
  );
});

t.test('a closed forwarder forwards nothing more', async (t) => {
  const { forwarder, publish, told } = await forwarding(t);
  await publish('track');
  const opened = watchOpening(t);
  forwarder.add('track', () => 'track');
  forwarder.take({ type: 'ready' });
  forwarder.close();
  forwarder.close();
  forwarder.add('late', () => 'late');
  const forwards = await Promise.all(opened);
  t.same(
    forwards.map(({ closed }) => closed),
    [true],
  );
  t.same(told, []);
});
