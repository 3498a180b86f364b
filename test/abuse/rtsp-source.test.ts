// What a camera may send.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t from 'tap';
import { AacFraming, PcmFraming } from '../../src/component/rtsp/audio-framing.ts';
import { baseUrl, controlUrl } from '../../src/component/rtsp/control-url.ts';
import { FrameEnds } from '../../src/component/rtsp/frame-ends.ts';
import { H264Relay, startsBidirectional } from '../../src/component/rtsp/h264-relay.ts';
import { parseTransport } from '../../src/component/rtsp/media-transport.ts';
import { OpusRelay } from '../../src/component/rtsp/opus-relay.ts';
import { PcmRelay } from '../../src/component/rtsp/pcm-relay.ts';
import { RtspError } from '../../src/component/rtsp/rtsp-error.ts';
import type { RtspResponse } from '../../src/component/rtsp/rtsp-message.ts';
import { RtspMessageReader } from '../../src/component/rtsp/rtsp-message-reader.ts';
import { RtspSession } from '../../src/component/rtsp/rtsp-session.ts';
import { aacConfigOf, parameterSetsOf, parseDescription } from '../../src/component/rtsp/sdp.ts';
import { parseSourceAddress, redirected } from '../../src/component/rtsp/source-address.ts';
import { StartCodeRemover } from '../../src/component/rtsp/start-code-remover.ts';
import { TrackReceiver, type TrackRelay } from '../../src/component/rtsp/track-receiver.ts';
import { VideoOutput } from '../../src/component/rtsp/video-output.ts';
import { parseAacConfig } from '../../src/media/aac-config.ts';
import { AccessUnitAssembler } from '../../src/media/rtp/access-unit-assembler.ts';
import { toAnnexB } from '../../src/media/rtp/annex-b.ts';
import { H264Depacketizer } from '../../src/media/rtp/h264-depacketizer.ts';
import { packetizeAccessUnit, splitPayload } from '../../src/media/rtp/h264-packetizer.ts';
import { OutgoingStream } from '../../src/media/rtp/outgoing-stream.ts';
import { ParameterSets } from '../../src/media/rtp/parameter-sets.ts';
import { writeSenderReport } from '../../src/media/rtp/rtcp.ts';
import { parseRtp, serializeRtp } from '../../src/media/rtp/rtp-packet.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { DigestAuthentication } from '../../src/net/digest-authentication.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { opusSdp, videoSdp } from '../component/rtsp/scripted-camera.ts';
import { pps, sei, slice, sps } from '../media/rtp/nal-samples.ts';
import { mutatedBytes, mutatedText, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const aacSdp = [
  ...['m=audio 0 RTP/AVP 98', 'a=rtpmap:98 mpeg4-generic/44100/2'],
  'a=fmtp:98 streamtype=5;mode=AAC-hbr;config=1210;SizeLength=13;IndexLength=3;IndexDeltaLength=3',
].join('\r\n');
const odd = ['m=audio 0 RTP/AVP 18 2', 'a=rtpmap:2 G726-32/8000', 'm=application 0 RTP/AVP 107'].join('\r\n');
const descriptions = [videoSdp, `${videoSdp}\r\n${opusSdp}`, [videoSdp, odd, aacSdp].join('\r\n')];

const response = (headers: readonly string[], body = '', status = '200 OK') =>
  Buffer.from(
    [`RTSP/1.0 ${status}`, 'CSeq: 1', ...headers, ...(body ? [`Content-Length: ${body.length}`] : []), '', body].join(
      '\r\n',
    ),
  );
const interleaved = (channel: number, data: Buffer) =>
  Buffer.concat([Buffer.from([0x24, channel, data.length >> 8, data.length & 0xff]), data]);

/** Payloads of H264, AAC and samples. */
const payloads = [
  ...packetizeAccessUnit([sps, pps, sei, slice('I', { idr: true, length: 3000 })]),
  ...packetizeAccessUnit([slice('P', { length: 200 }), slice('P', { first: false, length: 100 })]),
  ...packetizeAccessUnit([slice('B', { length: 200 })]),
  ...splitPayload(toAnnexB([sps, pps, slice('I', { idr: true, length: 3000 }), slice('P', { length: 20 })])),
  Buffer.concat([Buffer.from([0, 32, (100 << 3) >> 8, (100 << 3) & 0xff, 0x08, 0]), Buffer.alloc(356, 0x5a)]),
  Buffer.alloc(160, 0xa5),
];

/** Sends packets whose numbers and times mostly go on. */
class HostileSender {
  #number = 65_500;
  #timestamp = 2 ** 32 - 50_000;

  packet(random: () => number, payloadType = pick(random, [96, 97, 98])): Buffer {
    this.#number = (this.#number + pick(random, [0, 1, 1, 1, 1, 2, 40, 30_000, 65_535])) % 65_536;
    this.#timestamp = (this.#timestamp + pick(random, [0, 0, 160, 1024, 3600, 2 ** 31])) % 2 ** 32;
    const ssrc = random() < 0.02 ? 6 : 5;
    const payload = random() < 0.4 ? mutatedBytes(random, pick(random, payloads)) : pick(random, payloads);
    const marker = random() < 0.5;
    const fields = { payloadType, sequenceNumber: this.#number, timestamp: this.#timestamp, ssrc, marker };
    const bytes = serializeRtp({ ...fields, payload: payload.subarray(0, 60_000) });
    return random() < 0.1 ? mutatedBytes(random, bytes).subarray(0, 65_000) : bytes;
  }

  report(random: () => number): Buffer {
    const report = { ssrc: 5, ntpTime: 2n ** 63n, rtpTimestamp: this.#timestamp, packetCount: 1, octetCount: 1 };
    const compound = writeSenderReport(report);
    return random() < 0.5 ? mutatedBytes(random, compound).subarray(0, 65_000) : compound;
  }
}

/** The responses to OPTIONS, DESCRIBE, SETUP, SETUP and PLAY. */
function responses(random: () => number): Buffer[] {
  const sdp = pick(random, descriptions);
  const transport = (channels: string) => `Transport: RTP/AVP/TCP;unicast;interleaved=${channels}`;
  return [
    response(['Public: OPTIONS, DESCRIBE, GET_PARAMETER']),
    response(['Content-Base: rtsp://127.0.0.1:554/live/'], random() < 0.5 ? mutatedText(random, sdp) : sdp),
    response(['Session: abc;timeout=60', transport('0-1')]),
    response(['Session: abc;timeout=60', transport('2-3')]),
    response(['RTP-Info: url=track1;seq=1;rtptime=5']),
  ];
}

const oddResponses = [
  response(
    [],
    '',
    '401 Unauthorized\r\nWWW-Authenticate: Digest realm="a", nonce="b", stale=true\r\nWWW-Authenticate: Basic',
  ),
  response([], '', '302 Moved\r\nLocation: rtsp://127.0.0.1:1/other'),
  response([], '', '454 Session Not Found'),
  Buffer.from('ANNOUNCE rtsp://a RTSP/1.0\r\nCSeq: 3\r\n\r\n'),
];

/** Ignores errors that end a session. */
function attempt(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RtspError)) throw error;
  }
}

/** All that is read from a response. */
function readResponse({ headers, body }: RtspResponse): void {
  const address = parseSourceAddress('rtsp://a:b@127.0.0.1/live');
  const base = baseUrl(headers, address.url);
  attempt(() => void redirected(address, headers.get('location')));
  DigestAuthentication.from(headers.all('www-authenticate'))?.authorize('PLAY', base, { username: 'a', password: 'b' });
  parseTransport(headers.get('transport') ?? '');
  const { video, audio, control } = parseDescription(body.toString());
  controlUrl(base, control);
  for (const track of [video, audio]) {
    if (!track) continue;
    parameterSetsOf(track);
    aacConfigOf(track);
    attempt(() => void controlUrl(base, track.control));
  }
}

t.test('whatever a camera says is read or refused', async (t) => {
  await fuzz(t, 2000, (random) => {
    const sender = new HostileSender();
    const reader = new RtspMessageReader({
      response: (each) => attempt(() => readResponse(each)),
      request: () => undefined,
      packet: (_, data) => void parseRtp(data),
    });
    const messages = [...responses(random), pick(random, oddResponses)].map((each) =>
      random() < 0.5 ? mutatedBytes(random, each) : each,
    );
    messages.push(interleaved(0, sender.packet(random)));
    const bytes = Buffer.concat(messages);
    attempt(() => {
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + Math.floor(random() * 2000);
        reader.push(bytes.subarray(at, at + size));
        at += size;
      }
    });
  });
});

/** A feed that forgets. */
const nowhere = (clockRate: number) => ({ clockRate, send: () => undefined, report: () => undefined });

t.test('whatever media a camera sends is relayed or dropped', async (t) => {
  const clock = new HeldClock();
  const output = new VideoOutput({ target: nowhere(90_000), clock, askSource: () => undefined });
  t.teardown(() => output.close());
  const sets = new ParameterSets();
  const video = new H264Relay(output, sets);
  const startCodes = new StartCodeRemover();
  const frameEnds = new FrameEnds({ clock, deliver: (packet, lost) => video.push(packet, lost) });
  const aac = parseAacConfig(Buffer.from('1210', 'hex'));
  if (!aac) throw new Error('no config');
  const framings = [new AacFraming(aac), new PcmFraming({ encoding: 'l24', rate: 44_100, channels: 6 })];
  const depacketizer = new H264Depacketizer();
  const assembler = new AccessUnitAssembler();
  const stream = () => new OutgoingStream(nowhere(48_000), clock);
  const relays: Pick<TrackRelay, 'push' | 'restart'>[] = [
    {
      push: (packet, lost) => startCodes.push(packet).forEach((part) => void frameEnds.push(part, lost)),
      restart: () => {
        frameEnds.restart();
        video.restart();
      },
    },
    {
      push: (packet) => void depacketizer.push(packet).flatMap((nal) => assembler.push(nal) ?? []),
      restart: () => undefined,
    },
    { push: ({ payload }) => void startsBidirectional(payload), restart: () => undefined },
    {
      push: (packet, lost) => framings.forEach((framing) => void framing.push(packet, lost)),
      restart: () => undefined,
    },
    new OpusRelay(stream()),
    new PcmRelay({ encoding: 'l16', rate: 48_000, channels: 2 }, stream()),
    new PcmRelay({ encoding: 'g726-24', rate: 8000, channels: 1 }, stream()),
    new PcmRelay({ encoding: 'dvi4', rate: 8000, channels: 1 }, stream()),
  ];
  const common = { clock, clockRate: 90_000, sendReport: () => undefined };
  const receivers = relays.map((relay, index) => {
    const whole = { report: () => undefined, close: async () => undefined, ...relay };
    return new TrackReceiver({
      ...{ ...common, reorder: index % 2 === 0 },
      relay: { ...whole, push: (packet, lost) => relay.push(packet, lost), restart: () => relay.restart() },
    });
  });
  t.teardown(() => receivers.forEach((receiver) => void receiver.close()));
  const sender = new HostileSender();
  await fuzz(t, 1000, async (random) => {
    // a packet has a turn of the event loop to itself
    await new Promise((resolve) => setImmediate(resolve));
    const packet = parseRtp(sender.packet(random, 96));
    const report = sender.report(random);
    for (const receiver of receivers) {
      if (packet) receiver.rtp(packet);
      receiver.rtcp(report);
    }
    clock.advance(pick(random, [0, 1, 20, 50]));
  });
});

t.test('a session is received or ends with a reason, whatever a camera responds', async (t) => {
  let serve: (socket: Socket) => void = () => undefined;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const address = parseSourceAddress(`rtsp://127.0.0.1:${port}/live`);
  const outcomes = { played: 0, refused: 0 };
  await fuzz(t, 400, async (random) => {
    const clock = new HeldClock();
    const abort = new AbortController();
    const waiting = responses(random).map((each) => (random() < 0.15 ? mutatedBytes(random, each) : each));
    if (random() < 0.2) waiting.splice(Math.floor(random() * 5), 0, pick(random, oddResponses));
    serve = (socket) =>
      socket.on('data', () => {
        const next = waiting.shift();
        if (next) socket.write(next);
        if (waiting.length > 0) return;
        const sender = new HostileSender();
        for (let count = 0; count < 20; count += 1) {
          socket.write(interleaved(count % 3, count % 3 === 1 ? sender.report(random) : sender.packet(random)));
        }
        socket.end();
      });
    const opening = RtspSession.open({
      ...{ address, clock, guard: new AddressGuard(), verifyTls: true, port: { port: 20_000, exact: false } },
      ...{ keepAliveInterval: 15_000, pierceNat: true, overTcp: true, ssrc: 7, signal: abort.signal },
    });
    const ended = opening.then(
      async (session) => {
        const playing = await session.play().then(
          () => true,
          (error: unknown) => attempt(() => raise(error)),
        );
        if (playing) await session.ended();
        await session.close();
        outcomes.played += 1;
      },
      (error: unknown) => {
        attempt(() => raise(error));
        outcomes.refused += 1;
      },
    );
    let over = false;
    void ended.finally(() => {
      over = true;
    });
    // a camera whose response lacks its end is waited for
    for (let turn = 0; !over; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 20 === 19) clock.advance(5000);
    }
    await ended;
  });
  t.ok(outcomes.played > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
});

function raise(error: unknown): never {
  throw error;
}
