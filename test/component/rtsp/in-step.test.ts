// Picture and sound of a source stay in step although its packets do not, thanks to its sender reports (RFC 3550 6.4.1).
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { readSenderReports, type SenderReport, toNtpTime, writeSenderReport } from '../../../src/media/rtp/rtcp.ts';
import { parseRtp, type RtpPacket, serializeRtp, timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import { slice } from '../../media/rtp/nal-samples.ts';
import { CameraRoom } from './camera-room.ts';
import { opusSdp, ScriptedCamera, usual, videoSdp } from './scripted-camera.ts';

/** How much later than its picture a camera's sound is sent, in ms. */
const delay = 80;
const step = 10;
const clockRates = { video: 90_000, audio: 48_000 } as const;
type Kind = keyof typeof clockRates;

/** A payload that tells when it was recorded, in ms since the camera's start. */
const picture = (recorded: number) => Buffer.concat([slice('I', { idr: true, length: 50 }), stamp(recorded)]);
const sound = (recorded: number) => Buffer.concat([Buffer.alloc(50, 0xfc), stamp(recorded)]);

function stamp(recorded: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(recorded + 0x01_00_00_00);
  return bytes;
}

const recordedAt = ({ payload }: RtpPacket) => payload.readUInt32BE(payload.length - 4) - 0x01_00_00_00;

/** What the camera sends at a time in ms since its start: a picture, and the sound of 80 ms before. */
function send(camera: ScriptedCamera, time: number, reports: boolean): void {
  const sequenceNumber = time / step;
  const heard = time - delay;
  const timestamps = { video: 1_000_000 + time * 90, audio: 5_000_000 + heard * 48 };
  const video = { payloadType: 96, ssrc: 1, sequenceNumber, timestamp: timestamps.video, marker: true };
  const audio = { payloadType: 97, ssrc: 2, sequenceNumber, timestamp: timestamps.audio, marker: false };
  camera.send(0, serializeRtp({ ...video, payload: picture(time) }));
  camera.send(2, serializeRtp({ ...audio, payload: sound(heard) }));
  if (!reports) return;
  const report = { ntpTime: toNtpTime(1_700_000_000_000 + time), packetCount: 0, octetCount: 0 };
  camera.send(1, writeSenderReport({ ...report, ssrc: 1, rtpTimestamp: 1_000_000 + time * 90 }));
  camera.send(3, writeSenderReport({ ...report, ssrc: 2, rtpTimestamp: 5_000_000 + time * 48 }));
}

/** One packet and one report of each track, as a viewer gets them. */
class Viewer {
  readonly #packets = new Map<number, RtpPacket>();
  readonly #reports = new Map<number, SenderReport>();
  readonly #ssrcs: Readonly<Record<Kind, number>>;

  constructor(socket: Socket, ssrcs: Readonly<Record<Kind, number>>) {
    this.#ssrcs = ssrcs;
    socket.on('message', (datagram) => {
      for (const report of readSenderReports(datagram)) this.#reports.set(report.ssrc, report);
      const packet = parseRtp(datagram);
      // the last four bytes of parameter sets tell nothing
      if (packet && packet.payload.readUInt8(0) !== 0x78) this.#packets.set(packet.ssrc, packet);
    });
  }

  get informed(): boolean {
    return Object.values(this.#ssrcs).every((ssrc) => this.#reports.has(ssrc) && this.#packets.has(ssrc));
  }

  /** By how much the viewer is wrong about the time of recording, in ms; what is common to both tracks does not matter. */
  error(kind: Kind): number {
    const packet = this.#packets.get(this.#ssrcs[kind]);
    const report = this.#reports.get(this.#ssrcs[kind]);
    if (!packet || !report) throw new Error(`The viewer knows nothing of the ${kind}.`);
    const reported = Number(report.ntpTime >> 16n) / 65.536;
    const since = (timestampDistance(report.rtpTimestamp, packet.timestamp) * 1000) / clockRates[kind];
    return reported + since - recordedAt(packet);
  }
}

/** How many ms the sound would be played too late for its picture. */
async function skew(t: Test, reports: boolean): Promise<number> {
  const camera = await ScriptedCamera.open(t, usual({ sdp: `${videoSdp}\r\n${opusSdp}` }));
  const room = await CameraRoom.open(t);
  const rtsp = await room.add({ sourceUri: camera.url() });
  await room.sees('trackAdded', 2);
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  const media = room.room.media;
  const transport = await media.createPlainTransport();
  await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
  const ssrcs = { video: 0, audio: 0 };
  for (const { id, type } of rtsp.component.tracks.values()) {
    const producerId = media.publications.get(id)?.producer.id ?? '';
    const consumer = await transport.consume({ producerId, rtpCapabilities: media.rtpCapabilities });
    ssrcs[type] = consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
  }
  const viewer = new Viewer(socket, ssrcs);
  let time = 1000;
  const pace = setInterval(() => {
    send(camera, time, reports);
    time += step;
  }, step);
  t.teardown(() => clearInterval(pace));
  while (!viewer.informed) await once(socket, 'message');
  return viewer.error('video') - viewer.error('audio');
}

t.test("with the camera's reports viewers synchronize audio and video", async (t) => {
  const ms = await skew(t, true);
  t.ok(Math.abs(ms) < delay / 4, `${ms.toFixed(1)} ms`);
});

t.test('without reports the audio delay stays: the counterpart of the test above', async (t) => {
  const ms = await skew(t, false);
  t.ok(Math.abs(Math.abs(ms) - delay) < delay / 2, `${ms.toFixed(1)} ms`);
});
