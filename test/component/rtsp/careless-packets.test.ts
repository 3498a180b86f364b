// Sources that packetize their H264 without reading it: what they send reaches the room as RFC 6184 says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import t from 'tap';
import { parameterSetsOf } from '../../../src/component/rtsp/sdp.ts';
import { VideoOutput } from '../../../src/component/rtsp/video-output.ts';
import { VideoRelay } from '../../../src/component/rtsp/video-relay.ts';
import { accessUnits } from '../../../src/media/rtp/access-units.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { H264Depacketizer } from '../../../src/media/rtp/h264-depacketizer.ts';
import { aggregate, packetizeAccessUnit, splitPayload } from '../../../src/media/rtp/h264-packetizer.ts';
import { isSlice } from '../../../src/media/rtp/nal-unit.ts';
import { isParameterSet } from '../../../src/media/rtp/parameter-sets.ts';
import type { RtpPacket } from '../../../src/media/rtp/rtp-packet.ts';
import { FrameAssembler } from '../../../workers/ingest/frame-assembler.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';
import { h264Pattern } from '../../recorded-media.ts';

const pictures = 75;
const extra = ['-x264-params', 'slices=4:repeat-headers=1', '-threads', '1'];

async function read(stream: Buffer): Promise<readonly (readonly Buffer[])[]> {
  const units: (readonly Buffer[])[] = [];
  async function* chunks() {
    yield stream;
  }
  for await (const { nals } of accessUnits(chunks())) units.push(nals);
  return units;
}

const frames = await read(await h264Pattern(pictures, { size: '640x360', extra }));
const sets = (frames[0] ?? []).filter(isParameterSet);
const code = Buffer.from([0, 0, 0, 1]);
const shortCode = code.subarray(1);

/** The payloads of a frame, and which of them have the marker bit. */
type Packetizing = (nals: readonly Buffer[]) => readonly { payload: Buffer; marker: boolean }[];

const onLast = (payloads: readonly Buffer[]) =>
  payloads.map((payload, index) => ({ payload, marker: index === payloads.length - 1 }));
/** Fragments of bytes that a source takes for one unit. */
const asOneUnit = (bytes: Buffer) => splitPayload(bytes);
const perUnit = (nals: readonly Buffer[], marked: (nal: Buffer) => boolean) =>
  nals.flatMap((nal) =>
    onLast(packetizeAccessUnit([nal])).map(({ payload, marker }) => ({ payload, marker: marker && marked(nal) })),
  );

const careless: Record<string, { readonly packetize: Packetizing; readonly described?: string }> = {
  'the marker bit on every slice': { packetize: (nals) => perUnit(nals, isSlice) },
  'the marker bit on every packet of a unit': { packetize: (nals) => perUnit(nals, () => true) },
  'no marker bit at all': { packetize: (nals) => perUnit(nals, () => false) },
  'a start code before each unit': {
    packetize: (nals) => onLast(nals.flatMap((nal) => asOneUnit(Buffer.concat([code, nal])))),
  },
  'a short start code before each payload': {
    packetize: (nals) => onLast(packetizeAccessUnit(nals).map((payload) => Buffer.concat([shortCode, payload]))),
  },
  'a start code behind the header of each fragmented unit': {
    packetize: (nals) => onLast(nals.flatMap((nal) => asOneUnit(Buffer.concat([nal.subarray(0, 1), code, nal])))),
  },
  'start codes inside of aggregates': {
    packetize: (nals) => {
      const description = nals.filter((nal) => !isSlice(nal)).map((nal) => Buffer.concat([code, nal]));
      const first = description.length > 0 ? [aggregate(description)] : [];
      return onLast([...first, ...packetizeAccessUnit(nals.filter(isSlice))]);
    },
  },
  'a whole frame as one unit': { packetize: (nals) => onLast(asOneUnit(toAnnexB(nals).subarray(4))) },
  'a whole frame as one unit, from its start code on': { packetize: (nals) => onLast(asOneUnit(toAnnexB(nals))) },
  'parameter sets with start codes in the description only': {
    packetize: (nals) => onLast(packetizeAccessUnit(nals.filter(isSlice))),
    described: sets.map((nal) => Buffer.concat([code, nal]).toString('base64')).join(','),
  },
  'parameter sets as one in the description only': {
    packetize: (nals) => onLast(packetizeAccessUnit(nals.filter(isSlice))),
    described: toAnnexB(sets).toString('base64'),
  },
};

async function complaints(stream: Buffer): Promise<string> {
  const child = spawn('ffmpeg', ['-v', 'error', '-f', 'h264', '-i', 'pipe:0', '-f', 'null', '-']);
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stream);
  await once(child, 'close');
  return text;
}

/** What a track recorder makes of packets. */
function recorded(packets: readonly RtpPacket[]): number {
  let count = 0;
  const assembler = new FrameAssembler('video/H264', {
    onFrame: () => {
      count += 1;
    },
    onBroken: () => undefined,
    onKeyBegun: () => undefined,
  });
  for (const packet of packets) assembler.push({ packet, at: 0 }, false);
  return count;
}

for (const [name, { packetize, described = '' }] of Object.entries(careless)) {
  t.test(`${name}: every frame is forwarded, with one marker bit`, async (t) => {
    const target = new RecordedTarget();
    const clock = new HeldClock();
    const relay = new VideoRelay({
      output: new VideoOutput({ target, clock, askSource: () => undefined }),
      parameterSets: parameterSetsOf({ parameters: new Map([['sprop-parameter-sets', described]]) }),
      bidirectional: false,
      logger: pino({ enabled: false }),
      clock,
      onBidirectional: () => t.fail('it has no B-frames'),
      onFailure: () => t.fail('nothing is transcoded'),
    });
    let sequenceNumber = 65_000;
    for (const [index, nals] of frames.entries()) {
      for (const { payload, marker } of packetize(nals)) {
        sequenceNumber = (sequenceNumber + 1) & 0xffff;
        relay.push({ payloadType: 96, ssrc: 1, sequenceNumber, timestamp: index * 3600, payload, marker }, 0);
      }
    }
    await relay.close();
    const packets = target.packets.map((packet) => ({ ...packet, payloadType: 96, ssrc: 1 }));
    const last = packets.filter((packet, index) => packets[index + 1]?.timestamp !== packet.timestamp);
    t.equal(last.length, pictures, 'all of them');
    t.ok(
      last.every(({ marker }) => marker),
      'the last packet of a frame has it',
    );
    t.equal(packets.filter(({ marker }) => marker).length, pictures, 'and no other');
    t.ok(packets.every(({ payload }) => payload.length <= 1200));
    t.equal(recorded(packets), pictures, 'a block for each frame');
    const depacketizer = new H264Depacketizer();
    const units = packets.flatMap((packet) => depacketizer.push(packet));
    t.same(
      units.filter(isSlice).map((nal) => nal.length),
      frames
        .flat()
        .filter(isSlice)
        .map((nal) => nal.length),
      'all slices as they were',
    );
    t.equal(await complaints(toAnnexB(units)), '');
  });
}
