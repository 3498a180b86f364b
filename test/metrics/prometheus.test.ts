import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Prometheus } from '../../src/metrics/prometheus.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { MediaRoom } from './media-room.ts';

async function start(t: Test) {
  const clock = new HeldClock();
  const events = new RoomEvents();
  const rooms = new RoomRegistry({ events, clock, openMedia: async () => ({ close: () => undefined }) });
  const workers = {
    workers: [
      { pid: 17, rooms: 3 },
      { pid: 18, rooms: 0 },
    ],
    restarts: 0,
  };
  const webhooks = { counts: { delivered: 9, rejected: 1, failed: 4, dropped: 2 }, waiting: 5 };
  const logger = pino({ enabled: false });
  const options = { ip: '127.0.0.1', port: 0, rooms, events, workers: workers as never, webhooks, logger, clock };
  const prometheus = await Prometheus.start(options);
  t.teardown(() => prometheus.close());
  const scrape = async () => {
    const response = await fetch(`http://127.0.0.1:${prometheus.port}/metrics`);
    t.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    return (await response.text()).split('\n');
  };
  return { clock, rooms, workers, options, prometheus, scrape };
}

const config = { maxPeers: null, videoCodec: null, webhookUrl: null, peerlessPurgeTimeout: null };

/** docs/contracts/fishjam-sockets.md 8. */
const inherited = [
  ['traffic_ingress_webrtc_total_bytes', 'counter', 'Total WebRTC traffic received (bytes)'],
  ['traffic_egress_webrtc_total_bytes', 'counter', 'Total WebRTC traffic sent (bytes)'],
  ['traffic_ingress_http_total_bytes', 'counter', 'Total HTTP traffic received (bytes)'],
  ['traffic_egress_http_total_bytes', 'counter', 'Total HTTP traffic sent (bytes)'],
  ['rooms', 'gauge', 'Number of rooms currently present in Fishjam'],
  ['room_peers', 'gauge', 'Number of peers currently present in a given room'],
  ['room_peer_time_total_seconds', 'counter', 'Total peer time accumulated for a given room (seconds)'],
  ['room_duration_seconds', 'counter', 'Duration of a given room (seconds)'],
  ...['Connect', 'Disconnect', 'Crash'].map((name) => [
    `room_peer_${name.toLowerCase()}${name === 'Crash' ? 'es' : 's'}_total`,
    'counter',
    `Number of Peer${name}ed events emitted during the lifetime of a given room`,
  ]),
] as const;

t.test('names, types and help texts are those of Fishjam, under both names', async (t) => {
  const { scrape } = await start(t);
  const lines = await scrape();
  for (const [name, type, help] of inherited) {
    for (const prefix of ['fishjam', 'jellyfish']) {
      t.ok(lines.includes(`# HELP ${prefix}_${name} ${help}`), `help of ${prefix}_${name}`);
      t.ok(lines.includes(`# TYPE ${prefix}_${name} ${type}`), `type of ${prefix}_${name}`);
    }
  }
  const count = lines.filter((line) => line.startsWith('# TYPE fishjam_')).length;
  t.equal(count, inherited.length);
});

t.test('every name is exported once', async (t) => {
  const { scrape } = await start(t);
  const names = (await scrape()).filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
  t.strictSame(names, [...new Set(names)]);
});

t.test('HTTP traffic is exported from its first value on, WebRTC traffic from the start', async (t) => {
  const { prometheus, scrape } = await start(t);
  const traffic = async () => (await scrape()).filter((line) => line.startsWith('fishjam_traffic_')).sort();
  const webrtc = ['fishjam_traffic_egress_webrtc_total_bytes 0', 'fishjam_traffic_ingress_webrtc_total_bytes 0'];
  t.strictSame(await traffic(), webrtc);
  prometheus.httpTraffic.received(120);
  prometheus.httpTraffic.received(30);
  prometheus.httpTraffic.sent(79);
  t.strictSame(await traffic(), [
    'fishjam_traffic_egress_http_total_bytes 79',
    webrtc[0],
    'fishjam_traffic_ingress_http_total_bytes 150',
    webrtc[1],
  ]);
});

t.test('series of rooms have their labels under both names, whatever a room is called', async (t) => {
  const { clock, rooms, scrape } = await start(t);
  const room = await rooms.create({ ...config, roomId: 'fishjam_a-b', peerDisconnectedTimeout: null });
  room.connectPeer(room.addPeer({ enableSimulcast: false }).id, { close: () => undefined });
  clock.advance(10_000);
  const lines = await scrape();
  for (const prefix of ['fishjam', 'jellyfish']) {
    t.ok(lines.includes(`${prefix}_rooms 1`));
    t.ok(lines.includes(`${prefix}_room_peers{room_id="fishjam_a-b"} 1`));
    t.ok(lines.includes(`${prefix}_room_peer_connects_total{room_id="fishjam_a-b"} 1`));
  }
});

t.test('workers and webhooks are read at the time of the scrape', async (t) => {
  const { workers, scrape } = await start(t);
  const own = async () => (await scrape()).filter((line) => /^shoal_(media|webhook)/.test(line)).sort();
  const webhooks = [
    'shoal_webhook_deliveries_total 9',
    'shoal_webhook_drops_total 2',
    'shoal_webhook_failures_total 4',
    'shoal_webhook_rejections_total 1',
    'shoal_webhooks_waiting 5',
  ];
  t.strictSame(await own(), [
    'shoal_media_worker_restarts_total 0',
    'shoal_media_worker_rooms{pid="17"} 3',
    'shoal_media_worker_rooms{pid="18"} 0',
    'shoal_media_workers 2',
    ...webhooks,
  ]);
  workers.workers = [{ pid: 19, rooms: 1 }];
  workers.restarts = 1;
  t.strictSame(await own(), [
    'shoal_media_worker_restarts_total 1',
    'shoal_media_worker_rooms{pid="19"} 1',
    'shoal_media_workers 1',
    ...webhooks,
  ]);
});

t.test('the ports of the relay are read at the time of the scrape', async (t) => {
  const { options } = await start(t);
  const relay = { allocations: 3, ports: 34, refusals: 0 };
  const prometheus = await Prometheus.start({ ...options, turn: { relay } });
  t.teardown(() => prometheus.close());
  const own = async () => (await prometheus.scrape()).split('\n').filter((line) => line.startsWith('shoal_turn'));
  t.strictSame(await own(), ['shoal_turn_allocations 3', 'shoal_turn_relay_ports 34', 'shoal_turn_refusals_total 0']);
  relay.refusals = 2;
  t.ok((await own()).includes('shoal_turn_refusals_total 2'));
});

t.test('the traffic of a room is counted', async (t) => {
  const { prometheus } = await start(t);
  const media = await MediaRoom.open(new HeldClock());
  t.teardown(() => media.close());
  prometheus.watch(media.room.media);
  const peer = await media.openTransport(media.connectPeer());
  await peer.send(Buffer.alloc(33, 0x80));
  await eventually('it arrived', async () => (await peer.transport.stats())?.bytesReceived === 33);
  await media.registry.delete('lobby');
  await prometheus.close();
  const lines = (await prometheus.scrape()).split('\n');
  t.ok(lines.includes('fishjam_traffic_ingress_webrtc_total_bytes 33'));
  t.ok(lines.includes('jellyfish_traffic_ingress_webrtc_total_bytes 33'));
});

t.test('programs are exported with frame rates and restarts', async (t) => {
  const { prometheus, scrape } = await start(t);
  const feeds = {
    frameRates: [{ roomId: 'lobby', frameRate: 12 }],
    counts: { lateFrames: 3, decoderRestarts: 2, encoderRestarts: 1 },
  };
  prometheus.watchPrograms(feeds);
  t.ok((await scrape()).includes('shoal_program_frame_rate{room_id="lobby"} 12'));
  feeds.frameRates = [];
  const lines = await scrape();
  t.notOk(
    lines.some((line) => line.startsWith('shoal_program_frame_rate{')),
    'only those that there are',
  );
  t.ok(lines.includes('shoal_program_late_frames_total 3'));
  t.ok(lines.includes('shoal_program_decoder_restarts_total 2'));
  t.ok(lines.includes('shoal_program_encoder_restarts_total 1'));
});

t.test('a start that fails leaves nothing behind', async (t) => {
  const { clock, options, prometheus } = await start(t);
  const before = clock.pending;
  await t.rejects(Prometheus.start({ ...options, port: prometheus.port }), { code: 'EADDRINUSE' });
  t.equal(clock.pending, before);
});

t.test('close frees the port and leaves no timer', async (t) => {
  const { clock, prometheus } = await start(t);
  const { port } = prometheus;
  await prometheus.close();
  await prometheus.close();
  t.equal(clock.pending, 0);
  await t.rejects(fetch(`http://127.0.0.1:${port}/metrics`));
});
