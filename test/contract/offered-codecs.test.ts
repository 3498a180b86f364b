// docs/contracts/media-events.md 5: which codecs and formats are taken, forwarded and refused.
import { parse } from 'sdp-transform';
import t from 'tap';
import { PeerClient } from '../peer-client.ts';
import { RunningServer } from '../running-server.ts';
import { offerText } from '../signalling/sdp/offers.ts';

const server = await RunningServer.start(t);
const backend = await server.subscribe();

/** An m-line with formats of H264 by payload type. */
function video(mid: string, direction: 'sendonly' | 'recvonly', formats: Readonly<Record<number, string>>) {
  const codecs = Object.entries(formats).flatMap(([payload, format]) => [
    `a=rtpmap:${payload} H264/90000`,
    ...(format ? [`a=fmtp:${payload} ${format}`] : []),
  ]);
  const lines = direction === 'sendonly' ? ['a=ssrc:5 cname:x'] : [];
  return { mid, direction, codecs, payloads: Object.keys(formats).join(' '), lines };
}

const format = (id: string, mode = 1) => `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${id}`;

async function join(videoCodec: string | null) {
  const roomId = await server.createRoom({ videoCodec });
  const enter = async () => {
    const { id, token } = await server.addPeer(roomId);
    return { id, client: await PeerClient.join(t, server.host, token) };
  };
  return { roomId, enter };
}

const directions = (answer: string) =>
  parse(answer).media.map(({ direction, payloads }) => [direction, String(payloads)]);

t.test('a client that sends one format of H264 is received, and everybody who receives H264 gets it', async (t) => {
  const receivers = { 100: format('42e01f', 0), 101: format('42e01f'), 102: format('4d001f'), 103: format('640c1f') };
  for (const [sent, forwarded] of [
    [format('42e01f'), '101'],
    [format('42001f'), '101'],
    [format('4d001f'), '102'],
    [format('640c1f'), '103'],
    [format('64001f'), '103'],
    [format('42e01f', 0), '100'],
    ['', '100'],
  ] as const) {
    const { roomId, enter } = await join('h264');
    const [sender, receiver, poor] = [await enter(), await enter(), await enter()];
    const track = `${sender.id}:camera`;
    const answer = await sender.client.negotiate(offerText([video('0', 'sendonly', { 98: sent })]), { 0: track });
    t.strictSame(directions(answer.data.sdp), [['recvonly', '98']], sent);
    await backend.saw(roomId, 'TrackAdded');
    await receiver.client.saw('tracksAdded');
    const full = await receiver.client.negotiate(offerText([video('0', 'recvonly', receivers)]));
    t.strictSame(directions(full.data.sdp), [['sendonly', forwarded]], sent);
    await poor.client.saw('tracksAdded');
    const common = await poor.client.negotiate(offerText([video('0', 'recvonly', { 99: format('42e01f') })]));
    t.strictSame(directions(common.data.sdp), [['sendonly', '99']], sent);
    await server.delete(`/room/${roomId}`);
  }
});

t.test('Opus is taken however its channels are written', async (t) => {
  for (const codec of ['opus/48000/2', 'OPUS/48000/2', 'opus/48000', 'opus/48000/1']) {
    const { roomId, enter } = await join(null);
    const { id, client } = await enter();
    const sound = { mid: '0', kind: 'audio' as const, codecs: [`a=rtpmap:111 ${codec}`], lines: ['a=ssrc:7 cname:x'] };
    const answer = await client.negotiate(offerText([sound]), { 0: `${id}:sound` });
    t.strictSame(directions(answer.data.sdp), [['recvonly', '111']], codec);
    await server.delete(`/room/${roomId}`);
  }
});

t.test('the format that every client receives, and VP8, come first', async (t) => {
  const { enter } = await join(null);
  const { client } = await enter();
  const formats = { 96: format('640c1f'), 97: format('42e01f', 0), 98: format('42e01f') };
  const h264 = video('0', 'sendonly', formats);
  const vp8 = { ...video('1', 'sendonly', { 96: format('640c1f') }), payloads: '96 99' };
  vp8.codecs.push('a=rtpmap:99 VP8/90000');
  const names = { 0: 'one', 1: 'other' };
  const answer = await client.negotiate(offerText([h264, { ...vp8, lines: ['a=ssrc:6 cname:x'] }]), names);
  t.strictSame(directions(answer.data.sdp), [
    ['recvonly', '98'],
    ['recvonly', '99'],
  ]);
});

t.test('the log says what is refused, and why', async (t) => {
  const { enter } = await join('h264');
  const [sender, receiver] = [await enter(), await enter()];
  const offered = { 96: format('f4001f'), 97: format('42e01f', 2) };
  const vp9 = { ...video('1', 'sendonly', {}), payloads: '98', codecs: ['a=rtpmap:98 VP9/90000'] };
  const sections = [video('0', 'sendonly', offered), vp9, video('2', 'sendonly', { 99: format('42e01f') })];
  const names = { 0: 'rare', 1: 'foreign', 2: 'good' };
  const answer = await sender.client.negotiate(offerText(sections), names);
  t.strictSame(
    directions(answer.data.sdp).map(([direction]) => direction),
    ['inactive', 'inactive', 'recvonly'],
  );
  const refused = 'A track cannot be published: the room admits none of its codecs.';
  const { metadata } = await server.logged(refused);
  const rare = Object.values(offered).map((each) => `video/H264 ${each}`);
  t.match(metadata, { track_id: 'rare', peer_id: sender.id, offered: rare, admitted: ['video/H264'] });
  await receiver.client.saw('tracksAdded');
  const offer = offerText([video('0', 'recvonly', { 96: format('42e01f', 0) })]);
  for (const { data } of [await receiver.client.negotiate(offer), await receiver.client.negotiate(offer)]) {
    t.strictSame(directions(data.sdp)[0]?.[0], 'inactive');
  }
  const unreceived = 'A track cannot be forwarded: the peer does not receive its codec.';
  t.match((await server.logged(unreceived)).metadata, {
    track_id: 'good',
    peer_id: receiver.id,
    mime_type: 'video/H264',
  });
  t.equal(server.log.filter(({ message }) => message === unreceived).length, 1, 'once');
});
