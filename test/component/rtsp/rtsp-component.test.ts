import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Registry } from 'prom-client';
import t from 'tap';
import type { RtspComponent } from '../../../src/component/rtsp/rtsp-component.ts';
import { aggregate } from '../../../src/media/rtp/h264-packetizer.ts';
import { asksForKeyframe } from '../../../src/media/rtp/rtcp.ts';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { createRtspSeries } from '../../../src/metrics/rtsp-series.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { pps, slice, sps } from '../../media/rtp/nal-samples.ts';
import { PortBlock } from '../../port-block.ts';
import { CameraRoom } from './camera-room.ts';
import { type CameraScript, opusSdp, ScriptedCamera, usual, videoSdp } from './scripted-camera.ts';

const idr = slice('I', { idr: true, length: 200 });
const p = slice('P', { length: 200 });

/** A packet of a picture. @param number sequence number; 3600 ticks per picture */
function picture(number: number, payload = p, ssrc = 5): Buffer {
  return serializeRtp({
    payloadType: 96,
    sequenceNumber: number,
    timestamp: number * 3600,
    ssrc,
    marker: true,
    payload,
  });
}

const trackIds = (rtsp: RtspComponent) => [...rtsp.component.tracks.keys()];

t.test('a track appears when the session plays and is removed with the component', async (t) => {
  const camera = await ScriptedCamera.open(t, usual({ sdp: `${videoSdp}\r\n${opusSdp}` }));
  const room = await CameraRoom.open(t);
  const { min } = await PortBlock.claim(t);
  const sourceUri = camera.url('/live', 'user:secret@');
  const rtsp = await room.play({ sourceUri, rtpPort: `${min}`, reconnectDelay: 5 });
  t.match(room.events('trackAdded'), [{ track: { type: 'video', metadata: null } }, { track: { type: 'audio' } }]);
  t.equal(rtsp.state, 'streaming');
  t.same(rtsp.properties(), {
    sourceUri,
    rtpPort: min,
    reconnectDelay: 5,
    keepAliveInterval: 15_000,
    pierceNat: true,
  });
  const gone = once(camera.observer, 'gone');
  await room.remove(rtsp);
  await gone;
  t.equal(camera.methods().at(-1), 'TEARDOWN');
  t.equal(room.events('trackRemoved').length, 2);
  t.equal(room.events('componentCrashed').length, 0);
  t.equal(rtsp.state, 'closed');
  t.notMatch(JSON.stringify(room.log), /secret@|user:/, 'no credentials in the log');
});

t.test('a source that is not an RTSP URL crashes the component', async (t) => {
  for (const sourceUri of ['camera', 'http://127.0.0.1/', 'rtsp://']) {
    const room = await CameraRoom.open(t);
    const rtsp = await room.add({ sourceUri });
    await room.sees('componentCrashed');
    t.equal(rtsp.lastError, 'bad_url');
    t.equal(room.room.components.size, 0);
  }
});

t.test('the camera is asked for a keyframe at the start and whenever a viewer needs one', async (t) => {
  const camera = await ScriptedCamera.open(t, usual());
  const clock = new HeldClock(1_000_000);
  const room = await CameraRoom.open(t, { clock });
  const rtsp = await room.add({ sourceUri: camera.url() });
  clock.advance(0);
  await room.sees('trackAdded');
  const asked = once(camera.observer, 'packet');
  camera.send(0, picture(1));
  await asked;
  t.match(camera.packets, [{ channel: 1 }]);
  t.ok(asksForKeyframe(camera.packets[0]?.data ?? Buffer.alloc(0)));
  t.equal(camera.packets[0]?.data.readUInt32BE(16), 5, "the camera's SSRC");
  camera.send(0, picture(2, idr));
  clock.advance(3000);
  // As long as the camera is unknown, a frame ends where the next one begins, or does not for a while.
  await clock.whenPending(clock.pending + 1);
  clock.advance(100);
  const again = once(camera.observer, 'packet');
  const recording = await room.tap(rtsp, 'video');
  await again;
  t.equal(camera.packets.length, 2);
  const first = recording.more(1);
  clock.advance(300);
  await first;
  t.equal(
    recording.packets[0]?.payload.readUInt8(0),
    0x78,
    'it did not obey: its last keyframe again, parameter sets first',
  );
});

t.test('a source that returns continues in the same track, with continuous time', async (t) => {
  const camera = await ScriptedCamera.open(t, usual());
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: camera.url(), reconnectDelay: 0 });
  const tracks = trackIds(rtsp);
  const recording = await room.tap(rtsp, 'video');
  const before = recording.more(2);
  camera.send(0, picture(100, idr));
  await before;
  await camera.hangUp();
  await room.fails('closed');
  await room.receives(2);
  t.same(trackIds(rtsp), tracks);
  const after = recording.more(2);
  camera.send(0, picture(60_000, p, 9));
  camera.send(0, picture(60_001, idr, 9));
  await after;
  const [, end, begin] = recording.packets;
  const ticks = ((begin?.timestamp ?? 0) - (end?.timestamp ?? 0)) >>> 0;
  t.ok(ticks > 0 && ticks < 90_000 * 30, `${ticks} ticks later`);
  t.equal(begin?.sequenceNumber, ((end?.sequenceNumber ?? 0) + 1) & 0xffff);
  t.equal(room.events('trackRemoved').length, 0);
  t.equal(room.events('componentCrashed').length, 0);
});

t.test('a source without usable media is retried with a delay', async (t) => {
  const camera = await ScriptedCamera.open(t, usual({ sdp: 'v=0\r\nm=video 0 RTP/AVP 99\r\na=rtpmap:99 H265/90000' }));
  const clock = new HeldClock(1_000_000);
  const room = await CameraRoom.open(t, { clock });
  const rtsp = await room.add({ sourceUri: camera.url(), reconnectDelay: '700' });
  clock.advance(0);
  for (const attempt of [1, 2, 3]) {
    await room.fails('no_media', attempt);
    t.equal(rtsp.state, 'waiting');
    await clock.whenPending(1);
    clock.advance(699);
    t.equal(camera.methods().filter((method) => method === 'DESCRIBE').length, attempt);
    clock.advance(1);
    await camera.asked('DESCRIBE', attempt + 1);
  }
  const failures = room.log.filter(({ metadata }) => metadata.code);
  t.same(
    failures.map(({ severity }) => severity),
    ['warning', 'debug', 'debug'],
    'said aloud once',
  );
  t.match(failures[0]?.metadata, { cause: 'The source has no H264 video and no usable audio' }, 'in words,');
  t.equal(failures[0]?.metadata.err, undefined, 'without a stack');
  t.equal(room.events('componentCrashed').length, 0);
});

t.test('a source that is away for a minute gets a new track', async (t) => {
  const camera = await ScriptedCamera.open(t, usual());
  const clock = new HeldClock(1_000_000);
  const room = await CameraRoom.open(t, { clock });
  const rtsp = await room.add({ sourceUri: camera.url(), reconnectDelay: 100_000 });
  clock.advance(0);
  await room.sees('trackAdded');
  const [first] = trackIds(rtsp);
  await camera.hangUp();
  await room.fails('closed');
  clock.advance(59_999);
  t.equal(room.events('trackRemoved').length, 0);
  clock.advance(1);
  t.match(room.events('trackRemoved'), [{ track: { id: first } }]);
  clock.advance(40_000);
  await room.sees('trackAdded', 2);
  t.notSame(trackIds(rtsp), [first]);
});

t.test('a source with different tracks replaces the old ones', async (t) => {
  const camera = await ScriptedCamera.open(t, usual());
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: camera.url(), reconnectDelay: 0 });
  const [first] = trackIds(rtsp);
  camera.become(usual({ sdp: `${videoSdp}\r\n${opusSdp}` }));
  await camera.hangUp();
  await room.sees('trackAdded', 3);
  t.match(room.events('trackRemoved'), [{ track: { id: first } }]);
  t.equal(rtsp.component.tracks.size, 2);
});

t.test('when no packet comes over UDP the next attempt is over TCP', async (t) => {
  const inner = usual();
  const camera = await ScriptedCamera.open(t, (request, index) =>
    request.method === 'SETUP' && !request.headers.transport?.includes('/TCP')
      ? { headers: { Session: 'x', Transport: 'RTP/AVP;unicast;server_port=5000-5001' } }
      : inner(request, index),
  );
  const clock = new HeldClock(1_000_000);
  const room = await CameraRoom.open(t, { clock });
  const rtsp = await room.add({ sourceUri: camera.url(), reconnectDelay: 3000, pierceNat: false });
  clock.advance(0);
  await room.receives();
  clock.advance(5000);
  await room.fails('rtp_timeout');
  await clock.whenPending(2);
  clock.advance(3000);
  await room.receives(2);
  t.match(
    camera.requests.filter(({ method }) => method === 'SETUP').map(({ headers }) => headers.transport?.slice(0, 11)),
    ['RTP/AVP;uni', 'RTP/AVP/TCP'],
  );
  t.equal(rtsp.component.tracks.size, 1, 'the track stays');
});

t.test('a source that accepts UDP but means TCP is asked for TCP the next time', async (t) => {
  const inner = usual();
  const camera = await ScriptedCamera.open(t, (request, index) =>
    request.method === 'SETUP'
      ? { headers: { Session: 'x', Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' } }
      : inner(request, index),
  );
  const room = await CameraRoom.open(t);
  await room.add({ sourceUri: camera.url(), reconnectDelay: 200 });
  await room.receives();
  t.match(
    camera.requests.filter(({ method }) => method === 'SETUP').map(({ headers }) => headers.transport?.slice(0, 11)),
    ['RTP/AVP;uni', 'RTP/AVP/TCP'],
  );
});

t.test('a configured port in use is waited for', async (t) => {
  const other = createSocket('udp4').bind(0);
  await once(other, 'listening');
  const camera = await ScriptedCamera.open(t, usual());
  const room = await CameraRoom.open(t);
  await room.add({ sourceUri: camera.url(), rtpPort: other.address().port, reconnectDelay: 0 });
  await room.fails('port_in_use');
  t.equal(room.events('trackAdded').length, 0);
  other.close();
  await room.sees('trackAdded');
  t.equal(room.events('componentCrashed').length, 0);
});

t.test('a wrong password is retried until the camera accepts it', async (t) => {
  const challenge = { 'WWW-Authenticate': 'Basic realm="camera"' };
  const strict: CameraScript = () => ({ status: '401 Unauthorized', headers: challenge });
  const camera = await ScriptedCamera.open(t, strict);
  const room = await CameraRoom.open(t);
  const rtsp = await room.add({ sourceUri: camera.url('/live', 'user:geheim@'), reconnectDelay: 0 });
  await room.fails('unauthorized', 2);
  t.equal(rtsp.lastError, 'unauthorized');
  const expected = `Basic ${Buffer.from('user:geheim').toString('base64')}`;
  camera.become((request, index) =>
    request.headers.authorization === expected ? usual()(request, index) : strict(request, index),
  );
  await room.sees('trackAdded');
  t.equal(rtsp.lastError, undefined);
  t.notMatch(JSON.stringify([room.log, room.events('trackAdded')]), /geheim|dXNlcjpnZWhlaW0/);
  t.equal(room.events('componentCrashed').length, 0);
});

t.test('two components use the standard port', async (t) => {
  const inner = usual();
  const camera = await ScriptedCamera.open(t, (request, index) =>
    request.method === 'SETUP'
      ? { headers: { Session: 'x', Transport: 'RTP/AVP;unicast;server_port=5000-5001' } }
      : inner(request, index),
  );
  const room = await CameraRoom.open(t);
  for (const _ of [1, 2]) await room.add({ sourceUri: camera.url(), pierceNat: false });
  await room.receives(2);
  const ports = camera.requests.filter(({ method }) => method === 'SETUP').map(({ headers }) => headers.transport);
  t.not(ports[0], ports[1]);
});

t.test('addresses that are not permitted are refused and retried', async (t) => {
  const camera = await ScriptedCamera.open(t, usual());
  const room = await CameraRoom.open(t, { guard: new AddressGuard({ deny: ['127.0.0.0/8'] }) });
  await room.add({ sourceUri: camera.url(), reconnectDelay: 60_000 });
  await room.fails('refused_address');
  t.equal(camera.requests.length, 0);
});

t.test('removing it at any moment leaves nothing', async (t) => {
  for (const until of ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']) {
    const inner = usual();
    const camera = await ScriptedCamera.open(t, (request, index) =>
      request.method === until ? undefined : inner(request, index),
    );
    const clock = new HeldClock(1_000_000);
    const room = await CameraRoom.open(t, { clock });
    const rtsp = await room.add({ sourceUri: camera.url() });
    clock.advance(0);
    await camera.asked(until);
    await room.remove(rtsp);
    t.equal(clock.pending, 0, until);
    t.equal(room.events('trackAdded').length, 0);
  }
});

t.test('a room that ends before the response leaves nothing', async (t) => {
  const camera = await ScriptedCamera.open(t, usual());
  const room = await CameraRoom.open(t);
  const rtsp = await room.add({ sourceUri: camera.url() });
  await room.room.close();
  t.equal(rtsp.closed, true);
  t.equal(rtsp.state, 'closed');
});

t.test('a dead media worker ends the component only', async (t) => {
  const camera = await ScriptedCamera.open(t, usual());
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: camera.url(), reconnectDelay: 0 });
  camera.send(0, picture(1, idr));
  await once(camera.observer, 'packet');
  const dying = room.killWorker();
  for (let number = 2; number < 200; number += 1) camera.send(0, picture(number));
  await dying;
  for (let number = 200; number < 400; number += 1) camera.send(0, picture(number));
  camera.become(usual({ sdp: `${videoSdp}\r\n${opusSdp}` }));
  await camera.hangUp();
  await room.fails('failed');
  t.equal(rtsp.lastError, 'failed');
  await room.remove(rtsp);
});

t.test('a camera with garbage in every field does not crash the server', async (t) => {
  const camera = await ScriptedCamera.open(t, usual({ sdp: `${videoSdp}\r\n${opusSdp}` }));
  const room = await CameraRoom.open(t);
  const rtsp = await room.add({ sourceUri: camera.url(), reconnectDelay: 0 });
  await room.sees('trackAdded', 2);
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 0x7f_ff_ff_ff;
    return seed % below;
  };
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => random(256)));
  for (let round = 0; round < 3000; round += 1) {
    const packet = { payloadType: random(2) + 96, sequenceNumber: random(65_536), timestamp: random(2 ** 31) };
    const rtp = serializeRtp({ ...packet, ssrc: random(3), marker: random(2) === 0, payload: noise(random(200)) });
    camera.send(random(4), random(10) === 0 ? noise(random(100)) : rtp);
  }
  const before = room.receptions;
  await camera.hangUp();
  await room.receives(before + 1);
  t.equal(rtsp.component.tracks.size, 2);
  t.equal(room.events('componentCrashed').length, 0);
  t.equal(room.events('trackRemoved').length, 0);
});

t.test('a source of which nothing can be decoded says so, and when it can again', async (t) => {
  const camera = await ScriptedCamera.open(
    t,
    usual({ sdp: videoSdp.replace(/ sprop-parameter-sets=\S+/, ' packetization-mode=1') }),
  );
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: camera.url() });
  const registry = new Registry();
  createRtspSeries(registry, { list: () => [room.room] });
  let number = 0;
  let payload = idr;
  const pace = setInterval(() => {
    number += 1;
    camera.send(0, picture(number, payload));
  }, 40);
  t.teardown(() => clearInterval(pace));
  await room.fails('undecodable_video');
  t.equal(rtsp.state, 'undecodable');
  t.match(await registry.metrics(), 'shoal_rtsp_sources{state="undecodable",error="undecodable_video"} 1');
  const [warning] = room.log.filter(({ metadata }) => metadata.code === 'undecodable_video');
  t.match(warning, { severity: 'warning', metadata: { cause: /no parameter sets/ } });
  payload = aggregate([sps, pps, idr]);
  await room.logs(({ message }) => message === 'An RTSP source can be decoded again.');
  t.equal(rtsp.state, 'streaming');
  t.match(await registry.metrics(), 'shoal_rtsp_sources{state="streaming",error=""} 1');
  t.equal(camera.methods().filter((method) => method === 'PLAY').length, 1);
});
