// A publisher with layers of different sizes that come and go: what becomes of the program.
import { once } from 'node:events';
import type { DirectTransport } from 'mediasoup/types';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { toNtpTime, writeSenderReport } from '../../src/media/rtp/rtcp.ts';
import { serializeRtp } from '../../src/media/rtp/rtp-packet.ts';
import type { Size } from '../../src/media/size.ts';
import type { ProgramSettings } from '../../src/program/composer-message.ts';
import { ProgramFeeds } from '../../src/program/program-feeds.ts';
import { type Encoding, Track } from '../../src/room/track.ts';
import { Publication } from '../../src/sfu/publication.ts';
import { RtpFeed } from '../../src/sfu/rtp-feed.ts';
import { RtpForward } from '../../src/sfu/rtp-forward.ts';
import { monotonicClock } from '../../workers/composer/monotonic-clock.ts';
import type { Script } from '../rtp-sender.ts';
import { videoScript } from '../scripts.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';
import { type Area, assertWhole, DecodedProgram, type Rgb } from '../workers/composer/decoded-program.ts';
import type { ReceivedProgram } from '../workers/composer/running-composer.ts';
import { KeptProgram } from './kept-program.ts';

const settings: ProgramSettings = {
  ...{ width: 320, height: 180, frameRate: 24, keyframeInterval: 1000, partDuration: 300 },
  ...{ videoBitrate: 500_000, audioBitrate: 64_000, audioChannels: 1, showNames: false, preset: 'veryfast' },
};
const payloadType = 96;
const codec = {
  ...{ mimeType: 'video/H264', payloadType, clockRate: 90_000 },
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
};
/** A layer in one colour, the higher ones with vertical stripes that only one of its own size shows. */
function layerScript(colour: string, size: string, stripe?: number): Promise<Script> {
  const stripes = stripe ? `,drawgrid=w=${2 * stripe}:h=0:t=${stripe}:c=black` : '';
  return videoScript({ source: `color=${colour}:s=${size}:r=15${stripes}`, duration: 2, frameRate: 15, group: 30 });
}

/** Plays one layer into a producer, again and again, and from its keyframe on when one is requested. */
class Layer {
  readonly ssrc: number;
  muted = false;
  /** Number of requested keyframes. */
  requests = 0;
  readonly #script: Script;
  readonly #startedAt = monotonicClock.now();
  #sent = 0;
  #next = 0;
  #sequence = 1000;
  #reportedAt = 0;

  constructor(ssrc: number, script: Script) {
    this.ssrc = ssrc;
    this.#script = script;
  }

  requestKeyframe(): void {
    this.requests += 1;
    this.#next = 0;
  }

  send(transport: DirectTransport, publication: Publication): void {
    const { frames, duration } = this.#script;
    const now = monotonicClock.now() - this.#startedAt;
    const timeOf = (index: number) => (index * duration) / frames.length;
    for (; timeOf(this.#sent) <= now; this.#sent += 1) {
      const { payloads = [] } = frames[this.#next] ?? {};
      this.#next = (this.#next + 1) % frames.length;
      if (this.muted) continue;
      const timestamp = Math.round(timeOf(this.#sent) * 90);
      for (const [index, payload] of payloads.entries()) {
        const marker = index === payloads.length - 1;
        const packet = { payload, marker, timestamp, payloadType, ssrc: this.ssrc, sequenceNumber: this.#sequence };
        publication.producer.send(serializeRtp(packet));
        this.#sequence += 1;
      }
    }
    if (this.muted || now < this.#reportedAt + 500) return;
    this.#reportedAt = now;
    const ntpTime = toNtpTime(this.#startedAt + now);
    const counts = { packetCount: this.#sequence - 1000, octetCount: 0 };
    transport.sendRtcp(writeSenderReport({ ssrc: this.ssrc, ntpTime, rtpTimestamp: Math.round(now * 90), ...counts }));
  }
}

/** Publishes a camera with these layers, lowest first. */
async function publish(
  t: Test,
  world: RoomOnWorker,
  layers: Readonly<Partial<Record<Encoding, Layer>>>,
): Promise<Publication> {
  const { room } = world;
  const peer = room.addPeer({ enableSimulcast: true });
  room.joinPeer(peer, null);
  const transport = await room.media.createDirectTransport();
  const sent = Object.values(layers);
  const encodings = sent.map(({ ssrc }) => ({ ssrc }));
  const rtpParameters = { codecs: [codec], encodings, rtcp: { cname: 'peer' } };
  const producer = await transport.produce({ kind: 'video', rtpParameters });
  const publication = new Publication('camera', producer, Object.keys(layers) as Encoding[]);
  await producer.enableTraceEvent(['sr', 'pli']);
  producer.on('trace', ({ type, info }) => {
    if (type === 'pli') sent.find(({ ssrc }) => ssrc === (info as { ssrc: number }).ssrc)?.requestKeyframe();
  });
  await room.media.addPublication(publication);
  const timer = setInterval(() => {
    for (const layer of sent) layer.send(transport, publication);
  }, 5);
  t.teardown(() => clearInterval(timer));
  room.addTracks(peer, [new Track({ id: 'camera', type: 'video' })]);
  return publication;
}

/** A room whose program is composed and kept. */
async function compose(t: Test, programSettings: ProgramSettings) {
  const world = await RoomOnWorker.open();
  const feeds = new ProgramFeeds({ settings: programSettings, logger: pino({ enabled: false }) });
  t.teardown(async () => {
    await feeds.close();
    await world.close();
  });
  const program = new KeptProgram();
  return { world, program, attach: () => feeds.attach(world.room, program) };
}

/** Until the composer knows whether a layer is there. */
async function score(publication: Publication, ssrc: number, isMet: (score: number) => boolean): Promise<void> {
  const met = () => publication.producer.score.some((entry) => entry.ssrc === ssrc && isMet(entry.score));
  while (!met()) await once(publication.producer, 'score');
}

const middle = { x: 0.4, y: 0.4, width: 0.2, height: 0.2 };

/** The pictures of a program since its last keyframe, and the time of the last one, in ms. */
async function decodeEnd(program: KeptProgram, size?: Size): Promise<{ decoded: DecodedProgram; end: number }> {
  const { format, samples } = program.received.at(-1) as ReceivedProgram;
  const videos = samples.filter(({ kind }) => kind === 'video');
  const last = videos.slice(videos.findLastIndex(({ keyframe }) => keyframe));
  return {
    decoded: await DecodedProgram.decode([{ format, samples: last }], size),
    end: (last.at(-1)?.time ?? 0) / 90,
  };
}

/** Waits until this part of a program has mostly one colour. */
async function show(program: KeptProgram, what: string, channel: 0 | 1 | 2, area: Area = middle): Promise<void> {
  for (let look = 0; look < 60; look += 1) {
    await program.play(400);
    const { decoded, end } = await decodeEnd(program);
    if (isMostly(decoded.colour(end, area), channel)) return;
  }
  throw new Error(`The program never shows ${what}.`);
}

function isMostly(colour: Rgb, channel: 0 | 1 | 2): boolean {
  return colour.every((value, index) => index === channel || value * 2 + 30 < colour[channel]);
}

t.test('layers that come and go leave no gap', async (t) => {
  const { world, program, attach } = await compose(t, settings);
  const low = new Layer(1111, await layerScript('red', '160x90'));
  const high = new Layer(2222, await layerScript('blue', '640x360'));
  await publish(t, world, { l: low, h: high });
  const attachment = attach();
  await show(program, 'the high layer', 2);
  high.muted = true;
  await show(program, 'the low layer in its place', 0);
  high.muted = false;
  await show(program, 'the high layer again', 2);
  await attachment.close();
  t.equal(program.received.length, 1, 'the format stays');
  await assertWhole(t, program.received);
});

const settingsOfTiles: ProgramSettings = { ...settings, width: 640, height: 360 };

/** Difference between neighbouring stripes of 2 pixels at the end of a program, 0 to 255. */
async function contrast(program: KeptProgram, channel: 0 | 1 | 2): Promise<number> {
  const { width, height } = settingsOfTiles;
  const { decoded, end } = await decodeEnd(program, { width, height });
  const levels = Array.from({ length: 40 }, (_, index) => {
    const stripe = { x: (200 + 2 * index) / width, y: 0.4, width: 2 / width, height: 0.2 };
    return decoded.colour(end, stripe)[channel];
  });
  const differences = levels.slice(1).map((level, index) => Math.abs(level - (levels[index] ?? 0)));
  return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
}

/** @returns what is opened from now on */
function watchForwards(t: Test): Promise<RtpForward>[] {
  const { open } = RtpForward;
  const opened: Promise<RtpForward>[] = [];
  t.capture(RtpForward, 'open', (...given: Parameters<typeof open>) => {
    const forward = open.apply(RtpForward, given);
    opened.push(forward);
    return forward;
  });
  return opened;
}

/** Each layer: at least one where there may be some, none where there may be none. A request is repeated where a machine is slow. */
function assertFew(t: Test, after: readonly number[], before: readonly number[], most: readonly number[]): void {
  const made = after.map((requests, layer) => requests - (before[layer] ?? 0));
  const few = made.every((count, layer) => count <= (most[layer] ?? 0) && count > 0 === (most[layer] !== 0));
  t.ok(few, `${made} requests for keyframes`);
}

t.test('a tile is made of the layer nearest to its size', async (t) => {
  const { world, program, attach } = await compose(t, settingsOfTiles);
  const low = new Layer(1111, await layerScript('red', '320x180'));
  const medium = new Layer(2222, await layerScript('lime', '640x360', 2));
  const high = new Layer(3333, await layerScript('blue', '1280x720', 4));
  const publication = await publish(t, world, { l: low, m: medium, h: high });
  const requests = () => [low, medium, high].map((layer) => layer.requests);
  for (const ssrc of [1111, 2222, 3333]) await score(publication, ssrc, (score) => score > 0);
  const opened = watchForwards(t);
  const attachment = attach();
  await show(program, 'the medium layer in a tile of its size', 1);
  t.ok((await contrast(program, 1)) > 60, `sharp: ${await contrast(program, 1)}`);
  const [forward] = await Promise.all(opened);
  t.equal(opened.length, 1);
  t.equal(requests()[2], 0, 'the high one is not sent first');

  let before = requests();
  medium.muted = true;
  await show(program, 'the high layer, when the medium one is missing', 2);
  t.ok((await contrast(program, 2)) > 60, `sharp: ${await contrast(program, 2)}`);
  assertFew(t, requests(), before, [4, 0, 4]);

  before = requests();
  const other = world.room.addPeer({ enableSimulcast: false });
  world.room.joinPeer(other, null);
  await RtpFeed.open(world.room.media, { trackId: 'sound', codec: 'opus', cname: 'other' });
  for (const isPresent of [true, false, true, false, true]) {
    if (isPresent) world.room.addTracks(other, [new Track({ id: 'sound', type: 'audio' })]);
    else world.room.removeTracks(other, ['sound']);
    await program.play(300);
  }
  t.same(requests(), before, 'no layer is requested while the layout changes quickly');
  await show(program, 'the low layer in a smaller tile', 0, { x: 0.2, y: 0.45, width: 0.1, height: 0.1 });
  assertFew(t, requests(), before, [4, 0, 0]);

  medium.muted = false;
  await score(publication, 2222, (score) => score > 0);
  before = requests();
  world.room.removeTracks(other, ['sound']);
  await show(program, 'the medium layer in the larger tile', 1);
  t.ok((await contrast(program, 1)) > 60, `sharp again: ${await contrast(program, 1)}`);
  assertFew(t, requests(), before, [0, 4, 0]);
  t.equal(forward?.layer, 1);
  await attachment.close();
  await assertWhole(t, program.received);
});
