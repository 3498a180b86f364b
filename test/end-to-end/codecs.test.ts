import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { decodedTimes } from '../recorded-media.ts';
import { Meeting, movesOn, perceives } from './meeting.ts';

const meeting = await Meeting.start(t, { FJ_COMPONENTS_USED: 'recording', SHOAL_RECORDING_LOCAL: 'true' });

const codecs = [
  { videoCodec: 'vp8', expected: 'video/VP8' },
  { videoCodec: 'h264', expected: 'video/H264' },
  { videoCodec: null, expected: 'video/VP8' },
] as const;

for (const { videoCodec, expected } of codecs) {
  t.test(`in a room with codec ${videoCodec} every peer gets ${expected}`, async (test) => {
    const roomId = await meeting.server.createRoom({ videoCodec });
    const senders = [await meeting.enter(roomId, 'fishjam'), await meeting.enter(roomId, 'cloud')] as const;
    const received = [await perceives(senders[0], [senders[1]]), await perceives(senders[1], [senders[0]])];
    const found = received.flat().map(({ codec }) => codec);
    test.strictSame(found.sort(), ['audio/opus', 'audio/opus', expected, expected]);
    await meeting.end(roomId, senders);
  });
}

/** Takes every video codec but VP8 out of what the browser offers. */
const onlyVp8 = `
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (what, options) {
    const transceiver = add.call(this, what, options);
    if (transceiver.receiver.track.kind === 'video') {
      const codecs = RTCRtpSender.getCapabilities('video').codecs;
      transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /vp8|rtx/i.test(mimeType)));
    }
    return transceiver;
  };`;

t.test("a peer without the room's codec sends no video, but audio", async (test) => {
  const roomId = await meeting.server.createRoom({ videoCodec: 'h264' });
  const poor = await meeting.enter(roomId, 'fishjam', { script: onlyVp8 });
  const rich = await meeting.enter(roomId, 'cloud');
  await rich.client.receives('sound alone', (tracks) => tracks.length === 1 && Number(tracks[0]?.audioEnergy) > 0);
  const tracks = meeting.backend.of(roomId).filter(({ name }) => name === 'TrackAdded');
  test.strictSame(
    tracks.map(({ trackId }) => trackId),
    [poor.audio, rich.audio, rich.video],
  );
  await poor.client.receives('sound of the other', (received) =>
    received.some(({ trackId, audioEnergy }) => trackId === rich.audio && audioEnergy > 0),
  );
  await meeting.end(roomId, [poor, rich]);
});

/** Leaves one format of H264 of what the browser offers. */
const onlyFormat = (profile: string, mode: number) => `
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (what, options) {
    const transceiver = add.call(this, what, options);
    if (transceiver.receiver.track.kind === 'video') {
      const { codecs } = RTCRtpReceiver.getCapabilities('video');
      const isLeft = ({ mimeType, sdpFmtpLine = '' }) =>
        /rtx/i.test(mimeType) || (sdpFmtpLine.includes('${profile}') && sdpFmtpLine.includes('packetization-mode=${mode}'));
      transceiver.setCodecPreferences(codecs.filter(isLeft));
    }
    return transceiver;
  };`;

for (const [profile, mode] of [
  ['42e0', 0],
  ['4200', 1],
  ['4d00', 1],
] as const) {
  t.test(
    `peers that offer H264 of profile ${profile} in mode ${mode} only are seen, and see each other`,
    async (test) => {
      const roomId = await meeting.server.createRoom({ videoCodec: 'h264' });
      const script = onlyFormat(profile, mode);
      await meeting.server.ask('POST', `/room/${roomId}/component`, { type: 'recording', options: { composed: true } });
      const one = await meeting.enter(roomId, 'fishjam', { script });
      const other = await meeting.enter(roomId, 'cloud', { script });
      await perceives(one, [other]);
      await perceives(other, [one]);
      const rich = await meeting.join(roomId, 'jellyfish');
      const received = await perceives(rich, [one, other]);
      test.strictSame(new Set(received.map(({ codec }) => codec)), new Set(['audio/opus', 'video/H264']));
      // senders on a busy machine are slow: what is recorded needs more than its first frames
      for (const { video } of [one, other]) await movesOn(rich, video);
      await meeting.end(roomId, [one, other, rich]);
      const folder = join(meeting.server.config.resourcesBasePath, 'raw_recordings', roomId);
      const names = async (end: string) =>
        (await readdir(folder, { recursive: true }))
          .filter((name) => name.endsWith(end))
          .map((name) => join(folder, name));
      await eventually('the room is recorded', async () => (await names('/room.mp4')).length === 1);
      const [composed = ''] = await names('/room.mp4');
      test.ok((await decodedTimes(composed, 'video')).length > 10, 'the room');
      // a browser that changes its size goes on in another file
      const frames = new Map<string, number>();
      for (const [name, { type, origin }] of await tracksOf(join(dirname(composed), 'report.json'))) {
        const { length } = await decodedTimes(join(dirname(composed), name), 'video');
        frames.set(`${origin} ${type}`, (frames.get(`${origin} ${type}`) ?? 0) + length);
      }
      test.equal(frames.size, 4, 'four tracks');
      test.equal([...frames.values()].filter((count) => count > 2).length, 2, 'video of both decodes');
      test.equal((await names('.mkv')).length, (await tracksOf(join(dirname(composed), 'report.json'))).length);
    },
  );
}

/** The files of tracks. */
async function tracksOf(report: string): Promise<[string, { type: string; origin: string }][]> {
  return Object.entries(JSON.parse(await readFile(report, 'utf8')).tracks);
}
