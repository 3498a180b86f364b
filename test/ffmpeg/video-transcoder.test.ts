import { Readable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import type { SourceFrame } from '../../src/component/file/transcoded-frames.ts';
import { videoTranscoder } from '../../src/ffmpeg/video-transcoder.ts';
import { readIvf } from '../../src/media/ivf.ts';
import type { AccessUnit } from '../../src/media/rtp/access-unit-assembler.ts';
import { accessUnits } from '../../src/media/rtp/access-units.ts';
import { AnnexBSplitter } from '../../src/media/rtp/annex-b.ts';
import { readSequenceParameters } from '../../src/media/rtp/sequence-parameters.ts';
import { isVp8Keyframe } from '../../src/media/rtp/vp8-packetizer.ts';
import { throughProcess } from '../../src/process/through-process.ts';
import { ffmpegOutput } from '../command-output.ts';
import { ivfFrames } from '../ivf-frames.ts';
import { h264Pattern } from '../recorded-media.ts';

const logger = pino({ enabled: false });
const never = new AbortController().signal;
const bFrames = await h264Pattern(40, { size: '320x180', extra: ['-bf', '2', '-b_strategy', '0'] });
const h264 = ['-f', 'h264', '-framerate', '25'];

t.test('H264 keeps the number of frames, without B slices', async (t) => {
  for (const live of [false, true]) {
    const transcoder = videoTranscoder({ input: h264, codec: 'h264', live, logger });
    const stream = throughProcess(transcoder, Readable.from([bFrames]), never);
    const units: AccessUnit[] = await Readable.from(accessUnits(stream)).toArray();
    t.equal(units.length, 40);
    t.ok(units[0]?.key);
    t.notOk(units.some(({ bidirectional }) => bidirectional));
  }
});

t.test('VP8: the same, in IVF', async (t) => {
  const transcoder = videoTranscoder({ input: h264, codec: 'vp8', live: false, logger });
  const stream = throughProcess(transcoder, Readable.from([bFrames]), never);
  const frames: Buffer[] = await Readable.from(readIvf(stream)).toArray();
  t.equal(frames.length, 40);
  t.ok(frames[0] && isVp8Keyframe(frames[0]));
});

t.test('a frame of 96 megapixels is not even looked at', async (t) => {
  const size = { width: 12_000, height: 8000 };
  // RFC 6386 9.1: a keyframe that is shown, its start code, width and height.
  const frame = Buffer.from([0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0xe0, 0x2e, 0x40, 0x1f, ...Array(200).fill(0x55)]);
  const timed = Readable.from([{ data: frame, time: 0, duration: 1 }]);
  const ivf: SourceFrame[] = await Readable.from(ivfFrames(timed, { fourcc: 'VP80', ...size })).toArray();
  const transcoder = videoTranscoder({ input: ['-f', 'ivf'], codec: 'h264', live: true, logger });
  const source = Readable.from(ivf.map(({ data }) => data));
  await t.rejects(Readable.from(throughProcess(transcoder, source, never)).toArray());
  t.match(transcoder.lastLines.join('\n'), 'max pixel count');
});

t.test('an odd size is rounded to an even one', async (t) => {
  const source = ['-f', 'lavfi', '-i', 'color=red:s=33x21:r=10:d=0.5', '-c:v', 'libvpx', '-f', 'ivf', 'pipe:1'];
  const ivf = await ffmpegOutput(source);
  for (const codec of ['h264', 'vp8'] as const) {
    const transcoder = videoTranscoder({ input: ['-f', 'ivf'], codec, live: false, logger });
    const chunks = await Readable.from(throughProcess(transcoder, Readable.from([ivf]), never)).toArray();
    const stream = Buffer.concat(chunks);
    const ivfSize = { width: stream.readUInt16LE(12), height: stream.readUInt16LE(14) };
    const [sps] = new AnnexBSplitter().push(stream);
    t.match(codec === 'vp8' ? ivfSize : sps && readSequenceParameters(sps), { width: 32, height: 20 }, codec);
  }
});
