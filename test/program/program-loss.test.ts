// A publisher whose network loses packets: what is sent again comes in time for the program.
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type ClockReport, toNtpTime, writeSenderReport } from '../../src/media/rtp/rtcp.ts';
import type { ProgramSettings } from '../../src/program/composer-message.ts';
import { ProgramFeeds } from '../../src/program/program-feeds.ts';
import { Track } from '../../src/room/track.ts';
import { Publication } from '../../src/sfu/publication.ts';
import { monotonicClock } from '../../workers/composer/monotonic-clock.ts';
import { arrange } from '../../workers/composer/video/layout.ts';
import { centre, fitInside, type Rectangle } from '../../workers/composer/video/raw-frame.ts';
import { numberBits } from '../end-to-end/browser/number-bits.ts';
import { numberedVideo } from '../end-to-end/numbered-camera.ts';
import { RtpSender } from '../rtp-sender.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';
import { DecodedProgram } from '../workers/composer/decoded-program.ts';
import { KeptProgram } from './kept-program.ts';
import { LossyLink, type LossyLinkOptions } from './lossy-link.ts';

const settings: ProgramSettings = {
  ...{ width: 320, height: 180, frameRate: 30, keyframeInterval: 1000, partDuration: 300 },
  ...{ videoBitrate: 1_000_000, audioBitrate: 64_000, audioChannels: 1, showNames: false, preset: 'veryfast' },
};
const payloadType = 96;
const codec = {
  ...{ mimeType: 'video/H264', payloadType, clockRate: 90_000 },
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
};
const size = { width: 320, height: 180 };
/** Fewer than the program's, so that each of them has a frame of the program. */
const frameRate = 20;
/** Some eight packets each. */
const script = await numberedVideo({ ...size, frameRate, count: 600 });
/** What is judged at a time, in ms of the program: less than the script lasts. */
const period = 10_000;
/** Time from one look to the next, in ms: whatever held the machine up, and what got lost again and again, passes. */
const step = 3000;
const maxLooks = 16;

/** A peer's camera behind a network. */
async function publish(t: Test, { room }: RoomOnWorker, ssrc: number, options: LossyLinkOptions): Promise<LossyLink> {
  const link = await LossyLink.open(options);
  const peer = room.addPeer({ enableSimulcast: true });
  room.joinPeer(peer, null);
  const transport = await room.media.createPlainTransport();
  await transport.connect({ ip: '127.0.0.1', port: link.ownPort });
  link.connect(transport.tuple.localPort);
  const rtpParameters = { codecs: [codec], encodings: [{ ssrc }], rtcp: { cname: peer.id } };
  const producer = await transport.produce({ kind: 'video', rtpParameters });
  await room.media.addPublication(new Publication(peer.id, producer, []));
  room.addTracks(peer, [new Track({ id: peer.id, type: 'video' })]);
  const sender = new RtpSender({
    ...{ script, ssrc, payloadType, port: link.port, clock: monotonicClock, startAt: monotonicClock.now() },
    onReport: (report) => link.sendReport(senderReport(ssrc, report)),
  });
  t.teardown(async () => {
    await sender.close();
    await link.close();
  });
  return link;
}

function senderReport(ssrc: number, { instant, timestamp }: ClockReport): Buffer {
  const counts = { packetCount: 0, octetCount: 0 };
  return writeSenderReport({ ssrc, ntpTime: toNtpTime(instant), rtpTimestamp: timestamp, ...counts });
}

/** Where the frames of the two cameras are, in the order in which they were published. */
function places(): Rectangle[] {
  const items = ['lossy', 'whole'].map((id, order) => ({ id, order, screenshare: false }));
  return [...arrange(items, settings).values()].map((rectangle) => centre(fitInside(size, rectangle), rectangle));
}

/** Which frames of a camera are seen in a part of the program, in ms. */
function numbersIn(program: DecodedProgram, place: Rectangle, from: number, to: number): Set<number> {
  const numbers = new Set<number>();
  for (let time = from; time < to; time += 1000 / settings.frameRate) {
    const number = readNumber(program, place, time);
    if (number !== undefined) numbers.add(number);
  }
  return numbers;
}

function readNumber(program: DecodedProgram, place: Rectangle, time: number): number | undefined {
  let number = 0;
  for (const { bit, inverted, x, y, width, height } of numberBits) {
    const [red] = program.colour(time, {
      x: (place.x + place.width * (x + 0.25 * width)) / settings.width,
      y: (place.y + place.height * (y + 0.25 * height)) / settings.height,
      width: (place.width * 0.5 * width) / settings.width,
      height: (place.height * 0.5 * height) / settings.height,
    });
    const isWhite = red > 127;
    if (!inverted && isWhite) number += 2 ** bit;
    if (inverted && isWhite === (Math.floor(number / 2 ** bit) % 2 === 1)) return undefined;
  }
  return number;
}

/**
 * Of the frames that come over a network without loss, those that come over the other one, too: whatever the machine has no time for
 * is left out of both.
 * @param end in ms of the program
 */
function compare(program: DecodedProgram, end: number): { readonly all: number; readonly shown: number } {
  const [lossy, whole] = places() as [Rectangle, Rectangle];
  // one camera may be shown a little later than the other
  const all = numbersIn(program, whole, end - period, end - 1000);
  const numbers = numbersIn(program, lossy, end - period - 1000, end);
  return { all: all.size, shown: [...all].filter((number) => numbers.has(number)).length };
}

t.test('99 % of frames whose lost packets are retransmitted are shown', async (t) => {
  const world = await RoomOnWorker.open();
  const feeds = new ProgramFeeds({ settings, logger: pino({ enabled: false }) });
  t.teardown(async () => {
    await feeds.close();
    await world.close();
  });
  const link = await publish(t, world, 1111, { loss: 0.02, seed: 7, roundTrip: 40 });
  await publish(t, world, 2222, { loss: 0, seed: 7, roundTrip: 40 });
  const listener = new KeptProgram();
  const attachment = feeds.attach(world.room, listener);
  await listener.play(1000 + period);

  let seen = { all: 0, shown: 0 };
  const isGood = () => seen.all > 100 && seen.shown >= 0.99 * seen.all;
  for (let count = 0; count < maxLooks && !isGood(); count += 1) {
    await listener.play(step);
    const program = await DecodedProgram.decode(listener.received);
    seen = compare(program, listener.position);
    t.comment(`${seen.shown} of ${seen.all} frames, ${link.lost} packets lost`);
  }
  await attachment.close();
  t.ok(isGood(), `${seen.shown} of ${seen.all} frames`);
  t.ok(link.lost > 20, `${link.lost} packets were lost`);
  t.ok(link.resent >= 0.9 * link.lost, `${link.resent} were sent again`);
});
