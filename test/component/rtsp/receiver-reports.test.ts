import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { RtcpPacketConverter } from 'werift';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { slice } from '../../media/rtp/nal-samples.ts';
import { CameraRoom } from './camera-room.ts';
import { type CameraScript, opusSdp, ScriptedCamera, usual, videoSdp } from './scripted-camera.ts';

const cameraSsrc = 0xcafe;

/** A packet of the camera. */
function packet(payloadType: number, sequenceNumber: number): Buffer {
  const payload = slice('I', { idr: true, length: 200 });
  const ssrc = cameraSsrc + payloadType;
  return serializeRtp({ payloadType, sequenceNumber, timestamp: sequenceNumber * 3600, ssrc, marker: true, payload });
}

/** The receiver report of a compound packet with a report block and a name, if it is one. */
function reportOf(compound: Buffer) {
  const [report, description] = RtcpPacketConverter.deSerialize(compound);
  if (report?.type !== 201 || !('reports' in report) || report.reports.length === 0) return undefined;
  return description?.type === 202 ? report.reports[0] : undefined;
}

t.test('a camera gets receiver reports of each stream over TCP', async (t) => {
  const camera = await ScriptedCamera.open(t, usual({ sdp: `${videoSdp}\r\n${opusSdp}` }));
  const clock = new HeldClock(1_000_000);
  const room = await CameraRoom.open(t, { clock });
  const rtsp = await room.add({ sourceUri: camera.url(), keepAliveInterval: 60_000 });
  clock.advance(0);
  await room.sees('trackAdded', 2);
  const audioTrack = await room.tap(rtsp, 'audio');
  const reports = () =>
    camera.packets.flatMap(({ channel, data }) => {
      const report = reportOf(data);
      return report ? [{ channel, ...report }] : [];
    });
  for (let second = 0; second < 30; second += 1) {
    const arrived = audioTrack.more(1);
    // of the video one in three is lost
    for (const lost of [0, 2]) camera.send(0, packet(96, second * 3 + lost));
    camera.send(2, packet(97, second));
    await arrived;
    clock.advance(1000);
    while (reports().length < 2 * Math.floor((second + 1) / 5)) await once(camera.observer, 'packet');
  }
  const [video, audio] = [1, 3].map((channel) => reports().filter((report) => report.channel === channel));
  t.equal(video?.length, 6, 'one in five seconds');
  t.match(video?.at(-1), { ssrc: cameraSsrc + 96, packetsLost: 30, highestSequence: 89 });
  t.equal(video?.at(-1)?.fractionLost, 85);
  t.match(audio, Array(6).fill({ ssrc: cameraSsrc + 97, packetsLost: 0, fractionLost: 0 }));
  t.equal(camera.methods().filter((method) => method === 'PLAY').length, 1);
  await room.remove(rtsp);
  t.equal(clock.pending, 0);
});

t.test('a camera gets receiver reports over UDP, also when it does not name its ports', async (t) => {
  for (const named of [true, false]) {
    const [rtp, rtcp] = await openPair();
    t.teardown(() => [rtp, rtcp].forEach((socket) => void socket.close()));
    const inner = usual();
    const ports = named ? `;server_port=${rtp.address().port}-${rtcp.address().port}` : '';
    const script: CameraScript = (request, index) =>
      request.method === 'SETUP'
        ? { headers: { Session: 'x', Transport: `RTP/AVP;unicast${ports}` } }
        : inner(request, index);
    const camera = await ScriptedCamera.open(t, script);
    const clock = new HeldClock(1_000_000);
    const room = await CameraRoom.open(t, { clock });
    const rtsp = await room.add({ sourceUri: camera.url(), pierceNat: false });
    clock.advance(0);
    await room.sees('trackAdded');
    const { transport = '' } = (await camera.asked('SETUP')).headers;
    const track = await room.tap(rtsp, 'video');
    const arrived = track.more(1);
    // the end of a frame may be known from the next one only
    const port = Number(/client_port=(\d+)/.exec(transport)?.[1]);
    for (const number of [1, 2]) rtp.send(packet(96, number), port, '127.0.0.1');
    await arrived;
    clock.advance(4999);
    clock.advance(1);
    for (;;) {
      const [compound] = (await once(rtcp, 'message')) as [Buffer];
      const report = reportOf(compound);
      if (!report) continue;
      t.match(report, { ssrc: cameraSsrc + 96, packetsLost: 0 }, `named: ${named}`);
      break;
    }
  }
});

/** Two sockets on neighbouring ports. */
async function openPair() {
  for (;;) {
    const rtp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(rtp, 'listening');
    const rtcp = createSocket('udp4').bind(rtp.address().port + 1, '127.0.0.1');
    const taken = await Promise.race([once(rtcp, 'listening').then(() => false), once(rtcp, 'error').then(() => true)]);
    if (!taken) return [rtp, rtcp] as const;
    rtp.close();
  }
}
