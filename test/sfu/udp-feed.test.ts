import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { type OutgoingPacket, type RtpPacket, serializeRtp } from '../../src/media/rtp/rtp-packet.ts';
import { UdpFeed } from '../../src/sfu/udp-feed.ts';
import { RoomOnWorker } from './room-on-worker.ts';

const payload = Buffer.alloc(80, 1);

async function openFeed(t: Test) {
  const world = await RoomOnWorker.open(null);
  t.teardown(() => world.close());
  const feed = await UdpFeed.open(world.room.media, { trackId: 'A', codec: 'opus', cname: 'phone' });
  return { world, feed };
}

async function openSocket(t: Test): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return socket;
}

function send(socket: Socket, feed: UdpFeed, packet: Partial<OutgoingPacket>): void {
  const fields = { sequenceNumber: 1, timestamp: 0, marker: false, payload, ...packet };
  socket.send(serializeRtp({ ...fields, ssrc: feed.ssrc, payloadType: feed.payloadType }), feed.port, '127.0.0.1');
}

t.test('packets of the connected port are published, those of another one are not', async (t) => {
  const { world, feed } = await openFeed(t);
  t.equal(world.room.media.publications.get('A'), feed.publication);
  t.equal(feed.publication.mimeType, 'audio/opus');
  t.equal(feed.publication.producer.rtpParameters.rtcp?.cname, 'phone');
  const [socket, stranger] = [await openSocket(t), await openSocket(t)];
  const tap = await world.tap();
  await tap.resume();
  const packets: RtpPacket[] = [];
  tap.observer.on('packet', (packet) => packets.push(packet));
  await feed.connect(socket.address().port);
  for (let sequenceNumber = 1; packets.length < 3; sequenceNumber += 1) {
    send(stranger, feed, { sequenceNumber, payload: Buffer.from('stranger') });
    const arrived = once(tap.observer, 'packet');
    send(socket, feed, { sequenceNumber });
    await arrived;
  }
  t.same(
    packets.map((packet) => packet.payload),
    [payload, payload, payload],
  );
});

t.test('a feed ends by its close, and with its room', async (t) => {
  const { world, feed } = await openFeed(t);
  const other = await UdpFeed.open(world.room.media, { trackId: 'B', codec: 'opus', cname: 'phone' });
  const closed = once(feed.observer, 'closed');
  feed.close();
  feed.close();
  await closed;
  t.ok(feed.closed);
  await feed.connect(9);
  t.same([...world.room.media.publications.keys()], ['B']);
  await world.registry.delete('lobby');
  t.ok(other.closed);
  await t.rejects(UdpFeed.open(world.room.media, { trackId: 'C', codec: 'opus', cname: 'phone' }));
});
