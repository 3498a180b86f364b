import t from 'tap';
import { aacConfigOf, parameterSetsOf, parseDescription } from '../../../src/component/rtsp/sdp.ts';

const session = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', 't=0 0'];
const video = [
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAH4w=,aM48gA==;profile-level-id=42C01F',
  'a=control:stream=0',
];
const aac = [
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 mpeg4-generic/44100/2',
  'a=fmtp:97 streamtype=5;mode=AAC-hbr;config=1210;SizeLength=13;IndexLength=3;IndexDeltaLength=3',
  'a=control:stream=1',
];
const describe = (...lines: string[]) => parseDescription(lines.join('\r\n'));

t.test('the first H264 and the first usable audio are taken', async (t) => {
  const description = describe(
    ...session,
    'a=control:rtsp://cam.example/all',
    ...['m=audio 0 RTP/AVP 98', 'a=rtpmap:98 G726-16/8000'],
    ...['m=video 0 RTP/AVP 99', 'a=rtpmap:99 H265/90000'],
    ...video,
    ...aac,
    ...['m=audio 0 RTP/AVP 0', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'],
  );
  t.equal(description.control, 'rtsp://cam.example/all');
  t.match(description.video, { codec: 'h264', payloadType: 96, clockRate: 90_000, control: 'stream=0' });
  t.match(description.audio, { codec: 'aac', payloadType: 97, clockRate: 44_100, control: 'stream=1' });
  if (!description.video || !description.audio) throw new Error('a track is missing');
  t.same(
    parameterSetsOf(description.video).map((nal) => nal.toString('hex')),
    ['6742c01f8c', '68ce3c80'],
  );
  t.match(aacConfigOf(description.audio), { sampleRate: 44_100, channels: 2 });
});

t.test('parameters of a format may be in several lines', async (t) => {
  const lines = ['a=fmtp:96 packetization-mode=1', 'a=fmtp:97 x=1', 'a=fmtp:96 sprop-parameter-sets=Z0LAH4w=,aM48gA=='];
  const description = describe(...session, 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', ...lines);
  t.same(Object.fromEntries(description.video?.parameters ?? []), {
    'packetization-mode': '1',
    'sprop-parameter-sets': 'Z0LAH4w=,aM48gA==',
  });
});

t.test('audio of every kind is recognised', async (t) => {
  const audio = (...lines: string[]) => describe(...session, ...lines).audio;
  t.match(audio('m=audio 0 RTP/AVP 0'), { codec: 'pcmu', payloadType: 0, clockRate: 8000, control: '' });
  t.match(audio('m=audio 0 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000'), { codec: 'pcma' });
  t.match(audio('m=audio 0 RTP/AVP 100 101', 'a=rtpmap:101 opus/48000/2'), { codec: 'opus', payloadType: 101 });
});

t.test('AAC in an unsupported packing is left out', async (t) => {
  for (const change of ['SizeLength=6', 'config=ffff', 'IndexLength=0']) {
    const name = change.split('=')[0];
    const line = (aac[2] ?? '').replace(new RegExp(`${name}=[^;]*`), change);
    t.equal(describe(...session, ...video, ...aac.with(2, line)).audio, undefined, change);
  }
});

t.test('a description without usable media fails', async (t) => {
  const h265 = ['m=video 0 RTP/AVP 99', 'a=rtpmap:99 H265/90000'];
  for (const lines of [[], session, h265, [...h265, 'm=audio 0 RTP/AVP 0'], ['m=audio 0 RTP/AVP 200'], ['\u0000']]) {
    t.throws(() => describe(...lines), { code: 'no_media' });
  }
});

t.test('hostile descriptions are parsed in bounded time and size', async (t) => {
  const endless = Array.from({ length: 10_000 }, (_, index) => `m=audio ${-index} RTP/AVP 0\r\na=control:${index}`);
  t.match(describe(...session, ...endless), { audio: { codec: 'pcmu', control: '0' } });
  t.throws(() => describe(...Array<string>(10_000).fill('m=video -1 RTP/AVP 96')), { code: 'no_media' });
  const long = `a=fmtp:96 sprop-parameter-sets=${'A'.repeat(65_536)}`;
  t.match(describe(...session, ...video.toSpliced(2, 1, long)), { video: { codec: 'h264' } });
  const commas = `a=fmtp:96 sprop-parameter-sets=${',Z0LA'.repeat(3000)}`;
  const { video: track } = describe(...session, ...video.toSpliced(2, 1, commas));
  t.ok(track && parameterSetsOf(track).length <= 16);
  t.match(describe(...session, ...video, 'a=fmtp:96 __proto__=x;constructor=y'), { video: { codec: 'h264' } });
  t.throws(() => describe('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/-90000'), { code: 'no_media' });
});

t.test('a payload type that is listed repeatedly is read once', async (t) => {
  const types = Array.from({ length: 5000 }, () => '99').join(' ');
  const config = `config=1190;sizelength=13;indexlength=3;${'a=b;'.repeat(4000)}`;
  const lines = [`m=audio 0 RTP/AVP ${types}`, 'a=rtpmap:99 MPEG4-GENERIC/48000', `a=fmtp:99 ${config}`];
  const before = process.cpuUsage();
  t.throws(() => describe(...session, ...lines), { code: 'no_media' });
  const { user } = process.cpuUsage(before);
  t.ok(user < 1_000_000, `${user} us of processor time, of which each look takes some hundred`);
});

t.test('lines beyond the first thousands are not read', async (t) => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `a=x${index}`);
  t.match(describe(...session, ...video, ...lines), { video: { codec: 'h264' } });
  t.throws(() => describe(...session, ...lines, ...video), { code: 'no_media' });
});

t.test('a description that is written carelessly is read all the same', async (t) => {
  const careless: Record<string, (line: string) => string> = {
    'a negative port': (line) => line.replace('video 0', 'video -135374'),
    'a number of ports, another protocol': (line) => line.replace('video 0 RTP/AVP', 'video 0/2 RTP/AVP/UDP'),
    'no port': (line) => line.replace('video 0', 'video'),
    'a port that is a word of digits and letters': (line) => line.replace('video 0', 'video 0x10'),
    tabs: (line) => line.replaceAll(' ', '\t'),
    'several spaces': (line) => ` ${line.replaceAll(' ', '   ')} `,
    'spaces around signs': (line) => line.replace(/^(.)=/, '$1 = ').replace(/^(a = \w+):/, '$1 : '),
    'spaces in the format': (line) => line.replace('H264/90000', 'H264 / 90000').replaceAll(';', ' ; '),
    'no clock rate': (line) => line.replace('H264/90000', 'H264'),
    'capital letters': (line) => line.replace(/^a=[a-z]+|^m=[a-z]+/, (name) => name.toUpperCase()),
    'a zero at the end of each line': (line) => `${line}\0`,
  };
  for (const [name, change] of Object.entries(careless)) {
    const { video: track } = describe(...session, ...video.map(change));
    t.match(track, { codec: 'h264', payloadType: 96, clockRate: 90_000, control: 'stream=0' }, name);
    t.equal(track && parameterSetsOf(track).length, 2, name);
  }
  t.match(describe('\uFEFFv=0', ...video).video, { codec: 'h264' }, 'a byte order mark');
});

t.test('parameter sets with start codes, or all in one, are read', async (t) => {
  const code = Buffer.from([0, 0, 0, 1]);
  const [sps, pps] = ['6742c01f8c', '68ce3c80'].map((hex) => Buffer.from(hex, 'hex'));
  if (!sps || !pps) throw new Error('no sets');
  const of = (...words: Buffer[]) =>
    parameterSetsOf({
      parameters: new Map([['sprop-parameter-sets', words.map((word) => word.toString('base64')).join(',')]]),
    });
  t.same(of(Buffer.concat([code, sps]), Buffer.concat([code, pps])), [sps, pps]);
  t.same(of(Buffer.concat([code, sps, code.subarray(1), pps])), [sps, pps]);
  t.same(
    of(Buffer.concat([sps, code]), pps),
    [Buffer.concat([sps, code]), pps],
    'nothing is cut without a unit behind it',
  );
});
