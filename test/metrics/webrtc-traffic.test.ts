import { Registry } from 'prom-client';
import t, { type Test } from 'tap';
import { WebrtcTraffic } from '../../src/metrics/webrtc-traffic.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { MediaRoom, type PlainPeer } from './media-room.ts';

async function start(t: Test) {
  const clock = new HeldClock();
  const media = await MediaRoom.open(clock);
  t.teardown(() => media.close());
  const registry = new Registry();
  const traffic = new WebrtcTraffic({ registry, clock });
  t.teardown(() => traffic.close());
  traffic.watch(media.room.media);
  const read = async (direction: 'ingress' | 'egress') => {
    const metric = registry.getSingleMetric(`fishjam_traffic_${direction}_webrtc_total_bytes`);
    return (await metric?.get())?.values[0]?.value;
  };
  return { clock, media, traffic, read };
}

/** A peer that has sent this many bytes, in one datagram that the worker has received. */
async function sendBytes(peer: PlainPeer, bytes: number): Promise<void> {
  const before = (await peer.transport.stats())?.bytesReceived ?? 0;
  await peer.send(Buffer.alloc(bytes, 0x80));
  await eventually('it arrived', async () => (await peer.transport.stats())?.bytesReceived === before + bytes);
}

/** Waits until a counter has this value. It grows when the media worker has responded. */
async function counted(read: () => Promise<number | undefined>, value: number): Promise<void> {
  await eventually(`${value} bytes are counted`, async () => (await read()) === value);
}

t.test('both counters start at 0', async (t) => {
  const { read } = await start(t);
  t.equal(await read('ingress'), 0);
  t.equal(await read('egress'), 0);
});

t.test('transports are read every 10 s, and no byte is counted twice', async (t) => {
  const { clock, media, traffic, read } = await start(t);
  const peers = [
    await media.openTransport(media.connectPeer()),
    await media.openTransport(media.connectPeer()),
  ] as const;
  await sendBytes(peers[0], 100);
  await sendBytes(peers[1], 20);
  clock.advance(9999);
  t.equal(await read('ingress'), 0);
  clock.advance(1);
  await counted(() => read('ingress'), 120);
  await sendBytes(peers[1], 30);
  clock.advance(10_000);
  await counted(() => read('ingress'), 150);
  clock.advance(10_000);
  await traffic.close();
  t.equal(await read('ingress'), 150);
});

t.test('what a peer received is counted as sent', async (t) => {
  const { clock, media, read } = await start(t);
  const sender = await media.openTransport(media.connectPeer());
  const receiver = await media.openTransport(media.connectPeer());
  const publication = await sender.publishAudio('mic', 4711);
  await receiver.subscribe(publication, media.room.media);
  const received = receiver.receive(1);
  await sender.sendAudio(4711);
  await received;
  const sent = async () => {
    const stats = [await sender.transport.stats(), await receiver.transport.stats()];
    return stats.reduce((sum, stat) => sum + (stat?.bytesSent ?? 0), 0);
  };
  const least = await sent();
  clock.advance(10_000);
  await eventually('something is counted', async () => (await read('egress')) !== 0);
  const egress = (await read('egress')) ?? 0;
  t.ok(least > 100 && egress >= least && egress <= (await sent()), `${least} <= ${egress}`);
});

t.test('a transport that closes is read a last time', async (t) => {
  const { clock, media, traffic, read } = await start(t);
  const peer = await media.openTransport(media.connectPeer());
  await sendBytes(peer, 100);
  clock.advance(10_000);
  await counted(() => read('ingress'), 100);
  await sendBytes(peer, 11);
  peer.transport.close();
  peer.transport.close();
  await traffic.close();
  t.equal(await read('ingress'), 111);
});

t.test('the transports of a room that closes are read a last time', async (t) => {
  const { media, traffic, read } = await start(t);
  for (const bytes of [40, 50]) await sendBytes(await media.openTransport(media.connectPeer()), bytes);
  await media.registry.delete('lobby');
  await traffic.close();
  t.equal(await read('ingress'), 90);
});

t.test('close leaves no timer', async (t) => {
  const { clock, traffic } = await start(t);
  await traffic.close();
  t.equal(clock.pending, 0);
  await traffic.close();
});
