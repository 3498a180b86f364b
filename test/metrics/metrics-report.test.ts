import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { Measurements } from '../../src/metrics/measurements.ts';
import { MetricsReport } from '../../src/metrics/metrics-report.ts';
import { Track } from '../../src/room/track.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { MediaRoom } from './media-room.ts';

async function openRoom(t: Test) {
  const clock = new HeldClock(1000);
  const media = await MediaRoom.open(clock);
  t.teardown(() => media.close());
  return { clock, media, report: new MetricsReport(media.registry, clock) };
}

t.test('without connected peers the report is empty', async (t) => {
  const { media, report } = await openRoom(t);
  media.room.addPeer({ enableSimulcast: false });
  t.strictSame(await report.build(), {});
});

t.test('a peer appears with its socket and disappears with it', async (t) => {
  const { media, report } = await openRoom(t);
  const peer = media.connectPeer();
  t.strictSame(await report.build(), {
    'room_id=lobby': { [`endpoint_id=${peer.id}`]: { 'endpoint.metadata': null } },
  });
  media.room.disconnectPeer(peer);
  t.strictSame(await report.build(), {});
});

t.test(
  'a sender and a receiver of audio are reported with counters and, from the second report on, rates',
  async (t) => {
    const { clock, media, report } = await openRoom(t);
    const [alice, bob] = [media.connectPeer(), media.connectPeer()];
    const [sender, receiver] = [await media.openTransport(alice), await media.openTransport(bob)];
    sender.transport.negotiated = { offer: 'v=0 offer', answer: 'v=0 answer' };
    sender.transport.bandwidth = 1_234_567;
    const publication = await sender.publishAudio('alice:mic', 4711);
    media.room.addTracks(alice, [new Track({ id: 'alice:mic', type: 'audio', metadata: { type: 'microphone' } })]);
    await receiver.subscribe(publication, media.room.media);

    let size = 0;
    const forward = async (count: number) => {
      const received = receiver.receive(count);
      for (let sent = 0; sent < count; sent += 1) size = await sender.sendAudio(4711);
      await received;
    };
    const peers = async () => {
      const room = ((await report.build()) as Record<string, Record<string, Measurements>>)['room_id=lobby'];
      return [room?.[`endpoint_id=${alice.id}`] ?? {}, room?.[`endpoint_id=${bob.id}`] ?? {}] as const;
    };

    await forward(10);
    const [first, firstOfBob] = await peers();
    t.match(first, {
      'endpoint.metadata': null,
      'endpoint.bandwidth': 1_234_567,
      'sdp.offer': 'v=0 offer',
      'sdp.answer': 'v=0 answer',
      'ice.bytes_received': 10 * size,
    });
    t.strictSame(first['track_id=alice:mic:'], {
      'inbound-rtp.packets': 10,
      'inbound-rtp.bytes_received': 10 * size,
      'inbound-rtp.encoding': 'OPUS',
      'inbound-rtp.ssrc': 4711,
      'rtcp.nack_sent': 0,
      'rtcp.pli_sent': 0,
      'rtcp.fir_sent': 0,
      'track.metadata': { type: 'microphone' },
    });
    t.match(firstOfBob['track_id=alice:mic:'], {
      'outbound-rtp.packets': 10,
      'outbound-rtp.rtx_sent': 0,
      'outbound-rtp.variant': 'high',
      'rtcp.nack_received': 0,
      'track.metadata': { type: 'microphone' },
    });
    t.notMatch(JSON.stringify([first, firstOfBob]), /per-second/, 'nothing to compare with yet');

    await forward(5);
    clock.advance(400);
    const [second, secondOfBob] = await peers();
    t.match(second, { 'ice.bytes_received': 15 * size, 'ice.bytes_received-per-second': (5 * size * 1000) / 400 });
    t.match(second['track_id=alice:mic:'], {
      'inbound-rtp.packets': 15,
      'inbound-rtp.packets-per-second': 12.5,
      'inbound-rtp.bytes_received-per-second': (5 * size * 1000) / 400,
      'track.metadata': { type: 'microphone' },
    });
    t.match(secondOfBob['track_id=alice:mic:'], {
      'outbound-rtp.packets': 15,
      'outbound-rtp.packets-per-second': 12.5,
    });
    const sentTwice = [firstOfBob, secondOfBob].map((peer) => Number(peer['ice.bytes_sent']));
    t.equal(secondOfBob['ice.bytes_sent-per-second'], (((sentTwice[1] ?? 0) - (sentTwice[0] ?? 0)) * 1000) / 400);

    report.forget();
    clock.advance(1000);
    t.notMatch(JSON.stringify(await peers()), /per-second/, 'forgotten reports are not compared with');
  },
);

t.test('every simulcast layer is reported as a track of its own that includes its retransmissions', async (t) => {
  const { media, report } = await openRoom(t);
  const peer = media.connectPeer();
  const sender = await media.openTransport(peer);
  const publication = await sender.publishSimulcast('cam', 5000);
  await publication.producer.enableTraceEvent(['nack']);
  const asked = once(publication.producer, 'trace');
  await sender.sendVideo(5000);
  await sender.sendVideo(5002);
  // The sequence number in between is missing in this layer.
  await sender.sendVideo(5000);
  await asked;
  await sender.sendRetransmission(5100, 2);
  await sender.sendVideo(5002);
  // Packets are handled in order: with the last one, all were.
  await eventually('the last one is counted', async () =>
    (await publication.stats()).some(({ ssrc, packetCount }) => ssrc === 5002 && packetCount === 2),
  );

  const built = (await report.build()) as Record<string, Record<string, Record<string, Measurements>>>;
  const measured = built['room_id=lobby']?.[`endpoint_id=${peer.id}`] ?? {};
  const tracks = Object.keys(measured).filter((key) => key.startsWith('track_id='));
  t.strictSame(tracks.sort(), ['track_id=cam:h', 'track_id=cam:l'], 'a layer without packets is not there');
  t.match(measured['track_id=cam:l'], {
    'inbound-rtp.packets': 3,
    'inbound-rtp.encoding': 'VP8',
    rtx_stream: { 'inbound-rtp.packets': 1, 'inbound-rtp.ssrc': 5100 },
  });
  t.match(measured['track_id=cam:h'], { 'inbound-rtp.packets': 2, 'inbound-rtp.ssrc': 5002 });
  t.notOk(measured['track_id=cam:h']?.rtx_stream, 'nothing was retransmitted');
  t.ok(Number(measured['track_id=cam:l']?.['rtcp.nack_sent']) >= 1, 'the lost packet was asked for');
});

t.test('a transport that closes while it is measured is left out of the report', async (t) => {
  const { media, report } = await openRoom(t);
  const peer = media.connectPeer();
  const { transport } = await media.openTransport(peer);
  transport.stats = async () => {
    throw new Error('closed');
  };
  const built = JSON.parse(JSON.stringify(await report.build()));
  t.strictSame(built, { 'room_id=lobby': { [`endpoint_id=${peer.id}`]: { 'endpoint.metadata': null } } });
});

t.test('at most 32 statistics requests run at once', async (t) => {
  const { media, report } = await openRoom(t);
  const sender = await media.openTransport(media.connectPeer());
  let [asked, underWay, most] = [0, 0, 0];
  for (let number = 1; number <= 40; number += 1) {
    const publication = await sender.publishAudio(`track-${number}`, number);
    const { stats } = publication;
    publication.stats = async () => {
      asked += 1;
      underWay += 1;
      most = Math.max(most, underWay);
      const answer = await stats.call(publication);
      underWay -= 1;
      return answer;
    };
  }
  await report.build();
  t.equal(asked, 40);
  // The statistics of the transport itself are requested, too.
  t.ok(most === 31 || most === 32, `${most}`);
});
