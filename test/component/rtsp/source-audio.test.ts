import { spawnSync } from 'node:child_process';
import { Registry } from 'prom-client';
import t from 'tap';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { createRtspSeries } from '../../../src/metrics/rtsp-series.ts';
import type { RoomRegistry } from '../../../src/room/room-registry.ts';
import { CameraRoom } from './camera-room.ts';
import { ScriptedCamera, usual, videoSdp } from './scripted-camera.ts';

interface Format {
  /** As an rtpmap attribute has it. */
  readonly name: string;
  /** ffmpeg's encoder and format. */
  readonly output: readonly string[];
  readonly bytesPerSecond: number;
  /** Bytes per packet; 20 ms by default. */
  readonly step?: number;
  /** @defaultValue 97 */
  readonly payloadType?: number;
}

const g726 = (size: number, format = 'g726le') => ['-c:a', format, '-code_size', `${size}`, '-f', format];
const linear = (format: string, rate: number, channels = 1) => ['-ar', `${rate}`, '-ac', `${channels}`, '-f', format];

const formats: readonly Format[] = [
  { name: 'L16/16000', output: linear('s16be', 16_000), bytesPerSecond: 32_000 },
  { name: 'L16/11025/1', output: linear('s16be', 11_025), bytesPerSecond: 22_050, step: 442 },
  { name: 'L16/44100/2', output: linear('s16be', 44_100, 2), bytesPerSecond: 176_400, payloadType: 10 },
  { name: 'L16/48000/2', output: linear('s16be', 48_000, 2), bytesPerSecond: 192_000 },
  { name: 'L24/32000/4', output: linear('s24be', 32_000, 4), bytesPerSecond: 384_000 },
  { name: 'L8/8000', output: linear('u8', 8000), bytesPerSecond: 8000 },
  { name: 'PCMA/16000', output: linear('alaw', 16_000), bytesPerSecond: 16_000, payloadType: 8 },
  { name: 'pcmu/22050/2', output: linear('mulaw', 22_050, 2), bytesPerSecond: 44_100, step: 880 },
  { name: 'G726-16/8000', output: g726(2), bytesPerSecond: 2000 },
  { name: 'G726-24/8000', output: g726(3), bytesPerSecond: 3000 },
  { name: 'G726-32/8000', output: g726(4), bytesPerSecond: 4000, payloadType: 2 },
  { name: 'G726-40/8000', output: g726(5), bytesPerSecond: 5000 },
  { name: 'AAL2-G726-32/8000', output: g726(4, 'g726'), bytesPerSecond: 4000 },
  { name: 'G722/8000', output: ['-ar', '16000', '-f', 'g722'], bytesPerSecond: 8000, payloadType: 9 },
];

/** A tone of 440 Hz. */
function encodedTone(output: readonly string[]): Buffer {
  const source = ['-f', 'lavfi', '-i', 'sine=440:sample_rate=8000:duration=3,volume=4'];
  return spawnSync('ffmpeg', ['-v', 'error', ...source, ...output, 'pipe:1']).stdout;
}

const room = await CameraRoom.open(t);

for (const [
  index,
  { name, output, bytesPerSecond, step = bytesPerSecond / 50, payloadType = 97 },
] of formats.entries()) {
  t.test(`${name} sounds`, async (t) => {
    const sdp = ['v=0', 's=x', `m=audio 0 RTP/AVP ${payloadType}`, `a=rtpmap:${payloadType} ${name}`].join('\r\n');
    const camera = await ScriptedCamera.open(t, usual({ sdp }));
    const rtsp = await room.add({ sourceUri: camera.url() });
    await room.sees('trackAdded', index + 1);
    t.same(rtsp.unsupported, []);
    const track = await room.tap(rtsp, 'audio');
    const second = track.more(60);
    const tone = encodedTone(output);
    const clockRate = Number(name.split('/')[1]);
    for (let at = 0, number = 0; at < tone.length; at += step, number += 1) {
      const timestamp = Math.round((at / bytesPerSecond) * clockRate);
      const packet = { payloadType, sequenceNumber: number, timestamp, ssrc: 9, marker: number === 0 };
      camera.send(0, serializeRtp({ ...packet, payload: tone.subarray(at, at + step) }));
    }
    await second;
    const [first] = track.packets;
    const late = track.packets[50];
    t.equal((late?.timestamp ?? 0) - (first?.timestamp ?? 0), 48_000, 'a second takes a second');
    t.ok(Math.abs(track.pitch() - 440) < 10, `${track.pitch()} Hz`);
    await room.remove(rtsp);
  });
}

t.test('what cannot be decoded is named once, and the rest is received', async (t) => {
  const audio = ['m=audio 0 RTP/AVP 18', 'a=control:track2'];
  const odd = ['m=video 0 RTP/AVP 98', 'a=rtpmap:98 H265/90000', 'm=audio 0 RTP/AVP 99', 'a=rtpmap:99 <b>/8000'];
  const other = ['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000'];
  const camera = await ScriptedCamera.open(t, usual({ sdp: [videoSdp, ...audio, ...odd, ...other].join('\r\n') }));
  const room = await CameraRoom.open(t);
  const rtsp = await room.play({ sourceUri: camera.url(), reconnectDelay: 0 });
  t.match(room.events('trackAdded'), [{ track: { type: 'video' } }]);
  const expected = [
    { kind: 'audio', encoding: 'G729' },
    { kind: 'video', encoding: 'H265' },
    { kind: 'audio', encoding: 'unknown' },
  ];
  t.same(rtsp.unsupported, expected);
  await camera.hangUp();
  await room.receives(2);
  const named = () => room.log.filter(({ message }) => message === 'A stream of an RTSP source is not supported.');
  t.match(
    named().map(({ metadata }) => metadata),
    expected,
  );
  t.equal(named().length, 3);
  const registry = new Registry();
  createRtspSeries(registry, { list: () => [room.room] } as unknown as RoomRegistry);
  t.match(await registry.metrics(), 'shoal_rtsp_unsupported_streams{kind="audio",encoding="G729"} 1');
  camera.become(usual({ sdp: `m=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000` }));
  await camera.hangUp();
  await room.fails('no_media');
  t.match(room.log.find(({ metadata }) => metadata.code === 'no_media')?.metadata.cause, / \(H265\)$/);
});
