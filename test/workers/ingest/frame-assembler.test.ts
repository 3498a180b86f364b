import t from 'tap';
import { aggregate, packetizeAccessUnit } from '../../../src/media/rtp/h264-packetizer.ts';
import { FrameAssembler, type ReceivedFrame } from '../../../workers/ingest/frame-assembler.ts';
import { pps, slice, sps } from '../../media/rtp/nal-samples.ts';

interface Part {
  readonly timestamp: number;
  readonly payload: Buffer;
  readonly marker: boolean;
}

const key = slice('I', { idr: true, length: 3000 });
const inter = slice('P');

function frame(timestamp: number, nals: Buffer[]): Part[] {
  const payloads = packetizeAccessUnit(nals);
  return payloads.map((payload, index) => ({ timestamp, payload, marker: index === payloads.length - 1 }));
}

/** @param lost indices of the parts that do not arrive */
function assemble(codec: 'video/H264' | 'video/VP8', parts: readonly Part[], lost: readonly number[] = []) {
  const frames: ReceivedFrame[] = [];
  let broken = 0;
  /** Whether a keyframe is to be asked for, after each packet. */
  const needed: boolean[] = [];
  let isNeeded = false;
  const assembler = new FrameAssembler(codec, {
    onFrame: (each) => frames.push(each),
    onBroken: () => {
      broken += 1;
      isNeeded = true;
    },
    onKeyBegun: () => {
      isNeeded = false;
    },
  });
  let afterLoss = false;
  for (const [sequenceNumber, part] of parts.entries()) {
    if (!lost.includes(sequenceNumber)) {
      assembler.push({ packet: { ...part, sequenceNumber, payloadType: 96, ssrc: 1 }, at: sequenceNumber }, afterLoss);
    }
    afterLoss = lost.includes(sequenceNumber);
    needed.push(isNeeded);
  }
  return { frames, broken: broken > 0, needed };
}

t.test('H264 single units, aggregates and fragments become frames', async (t) => {
  const { frames, broken } = assemble('video/H264', [...frame(0, [sps, pps, key]), ...frame(3000, [inter])]);
  t.same(
    frames.map(({ parts, key, timestamp }) => ({ parts, key, timestamp })),
    [
      { parts: [sps, pps, key], key: true, timestamp: 0 },
      { parts: [inter], key: false, timestamp: 3000 },
    ],
  );
  t.equal(broken, false);
});

t.test('an H264 keyframe without parameter sets gets the earlier ones', async (t) => {
  const sets = { timestamp: 0, payload: aggregate([sps, pps]), marker: true };
  const { frames } = assemble('video/H264', [sets, ...frame(3000, [key])]);
  t.same(frames[0]?.parts, [sps, pps, key]);
});

t.test('an H264 frame without a marker ends at the next one', async (t) => {
  const parts = [...frame(0, [sps, pps, key]), ...frame(3000, [inter])].map((part) => ({ ...part, marker: false }));
  t.equal(assemble('video/H264', parts).frames.length, 1);
});

t.test('nothing comes before the first keyframe', async (t) => {
  const { frames, broken } = assemble('video/H264', frame(0, [inter]));
  t.same(frames, []);
  t.ok(broken, 'one is asked for');
});

t.test('after a loss nothing comes until the next keyframe', async (t) => {
  const first = frame(0, [sps, pps, key]);
  const parts = [...first, ...frame(1, [inter]), ...frame(2, [inter]), ...frame(3, [sps, pps, key])];
  const wanted = [
    [[1], [3]],
    [[first.length - 1], [3]],
    [[first.length], [0, 3]],
    [[first.length + 1], [0, 1, 3]],
    [[first.length + 2], [0, 1, 2]],
  ] as const;
  for (const [lost, timestamps] of wanted) {
    const { frames, broken } = assemble('video/H264', parts, lost);
    t.same(
      frames.map(({ timestamp }) => timestamp),
      timestamps,
      `without packet ${lost}`,
    );
    t.ok(broken);
  }
});

t.test('padding is not a loss', async (t) => {
  const padding = { timestamp: 0, payload: Buffer.alloc(0), marker: false };
  const { frames } = assemble('video/H264', [...frame(0, [sps, pps, key]), padding, ...frame(3000, [inter])]);
  t.equal(frames.length, 2);
});

t.test('the size of keyframes is known', async (t) => {
  // 1280 x 720 as an encoder of the baseline profile describes it
  const described = Buffer.from('6742c01fd9005005bb016a020202800000030080000019078c1924', 'hex');
  const parts = [...frame(0, [described, pps, key]), ...frame(3000, [inter]), ...frame(6000, [key])];
  const size = { width: 1280, height: 720 };
  const sizes = assemble('video/H264', parts).frames.map(({ size }) => size);
  t.match(sizes, [size, undefined, size]);
  const head = Buffer.from([0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 0]);
  const vp8 = assemble('video/VP8', [{ timestamp: 0, payload: head, marker: true }]);
  t.same(vp8.frames[0]?.size, { width: 640, height: 360 });
});

t.test('the fragments of a VP8 frame are joined', async (t) => {
  const vp8 = (timestamp: number, bytes: number[], marker: boolean) => ({
    timestamp,
    payload: Buffer.from(bytes),
    marker,
  });
  const parts = [
    vp8(0, [0x10, 0x10, 1], false),
    vp8(0, [0x00, 2, 3], true),
    vp8(1, [0x10, 0x11, 4], true),
    vp8(2, [0x00, 5], true),
  ];
  const { frames } = assemble('video/VP8', parts);
  t.same(
    frames.map(({ parts, key }) => [[...(parts[0] ?? [])], key]),
    [
      [[0x10, 1, 2, 3], true],
      [[0x11, 4], false],
    ],
    'one without a beginning is left out',
  );
});

t.test('no keyframe is requested while one is arriving', async (t) => {
  const vp8 = (timestamp: number, bytes: number[], marker: boolean) => ({
    ...{ timestamp, payload: Buffer.from(bytes), marker },
  });
  const keyframe = (timestamp: number) => [vp8(timestamp, [0x10, 0x10], false), vp8(timestamp, [0x00, 2], true)];
  const interFrame = (timestamp: number) => [vp8(timestamp, [0x10, 0x11], false), vp8(timestamp, [0x00, 3], true)];
  const parts = [...keyframe(0), ...interFrame(1), ...interFrame(2), ...keyframe(3), ...keyframe(4)];
  const timestamps = (lost: number[]) => assemble('video/VP8', parts, lost).frames.map(({ timestamp }) => timestamp);
  t.same(
    assemble('video/VP8', parts, [3]).needed,
    [false, false, false, false, true, true, false, false, false, false],
    'from its first packet on',
  );
  t.same(timestamps([3]), [0, 3, 4]);
  t.same(timestamps([5]), [0, 1, 3, 4], 'what was lost before it does not matter');
  t.same(timestamps([6]), [0, 1, 2, 4], 'its own beginning does');
  t.same(
    assemble('video/VP8', parts, [5, 7]).needed.slice(5),
    [false, false, false, false, false],
    'the next one is coming already',
  );
  const h264 = [...frame(0, [sps, pps, key]), ...frame(1, [inter]), ...frame(2, [sps, pps, key])];
  const lost = frame(0, [sps, pps, key]).length;
  const { needed } = assemble('video/H264', h264, [lost]);
  t.same(needed.slice(lost), Array(needed.length - lost).fill(false));
  t.same(assemble('video/H264', h264, [lost, lost + 2]).needed.at(-1), true, 'when something of it is missing');
});
