// A publisher with layers of different sizes that come and go: what becomes of the program.
import { once } from 'node:events';
import type { DirectTransport } from 'mediasoup/types';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { toNtpTime, writeSenderReport } from '../../src/media/rtp/rtcp.ts';
import { serializeRtp } from '../../src/media/rtp/rtp-packet.ts';
import type { ProgramSettings } from '../../src/program/composer-message.ts';
import { ProgramFeeds } from '../../src/program/program-feeds.ts';
import { Track } from '../../src/room/track.ts';
import { Publication } from '../../src/sfu/publication.ts';
import { monotonicClock } from '../../workers/composer/monotonic-clock.ts';
import type { Script } from '../rtp-sender.ts';
import { videoScript } from '../scripts.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';
import { assertWhole } from '../workers/composer/decoded-program.ts';
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
const low = await videoScript({ source: 'color=red:s=160x90:r=30', duration: 2, frameRate: 30 });
const high = await videoScript({ source: 'color=blue:s=640x360:r=30', duration: 2, frameRate: 30 });

/** Plays one layer into a producer, again and again. */
class Layer {
  readonly ssrc: number;
  muted = false;
  readonly #script: Script;
  readonly #startedAt = monotonicClock.now();
  #frames = 0;
  #sequence = 1000;
  #reportedAt = 0;

  constructor(ssrc: number, script: Script) {
    this.ssrc = ssrc;
    this.#script = script;
  }

  send(transport: DirectTransport, publication: Publication): void {
    const { frames, duration } = this.#script;
    const now = monotonicClock.now() - this.#startedAt;
    const timeOf = (index: number) =>
      Math.floor(index / frames.length) * duration + (frames[index % frames.length]?.time ?? 0);
    for (; timeOf(this.#frames) <= now; this.#frames += 1) {
      const { payloads = [] } = frames[this.#frames % frames.length] ?? {};
      if (this.muted) continue;
      const timestamp = Math.round(timeOf(this.#frames) * 90);
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

async function publish(t: Test, world: RoomOnWorker, layers: readonly Layer[]): Promise<Publication> {
  const { room } = world;
  const peer = room.addPeer({ enableSimulcast: true });
  room.joinPeer(peer, null);
  const transport = await room.media.createDirectTransport();
  const encodings = layers.map(({ ssrc }) => ({ ssrc }));
  const rtpParameters = { codecs: [codec], encodings, rtcp: { cname: 'peer' } };
  const producer = await transport.produce({ kind: 'video', rtpParameters });
  const publication = new Publication('camera', producer, ['l', 'h']);
  await room.media.addPublication(publication);
  const timer = setInterval(() => {
    for (const layer of layers) layer.send(transport, publication);
  }, 5);
  t.teardown(() => clearInterval(timer));
  room.addTracks(peer, [new Track({ id: 'camera', type: 'video' })]);
  return publication;
}

/** Until the composer knows whether a layer is there. */
async function score(publication: Publication, ssrc: number, isMet: (score: number) => boolean): Promise<void> {
  const met = () => publication.producer.score.some((entry) => entry.ssrc === ssrc && isMet(entry.score));
  while (!met()) await once(publication.producer, 'score');
}

t.test('layers that come and go leave no gap', async (t) => {
  const world = await RoomOnWorker.open();
  const feeds = new ProgramFeeds({ settings, logger: pino({ enabled: false }) });
  t.teardown(async () => {
    await feeds.close();
    await world.close();
  });
  const layers = [new Layer(1111, low), new Layer(2222, high)] as const;
  const publication = await publish(t, world, layers);
  const listener = new KeptProgram();
  const attachment = feeds.attach(world.room, listener);
  await score(publication, 2222, (score) => score > 0);
  await listener.play(4000);
  const first = listener.position - 200;
  layers[1].muted = true;
  await score(publication, 2222, (score) => score === 0);
  await listener.play(4000);
  const without = listener.position - 200;
  layers[1].muted = false;
  await score(publication, 2222, (score) => score > 0);
  await listener.play(4000);
  const again = listener.position - 200;
  await attachment.close();

  t.equal(listener.received.length, 1, 'the format stays');
  const program = await assertWhole(t, listener.received);
  const middle = { x: 0.4, y: 0.4, width: 0.2, height: 0.2 };
  const isRed = (time: number) => program.colour(time, middle)[0] > 180;
  const isBlue = (time: number) => program.colour(time, middle)[2] > 180;
  t.ok(isBlue(first), `the high layer: ${program.colour(first, middle)}`);
  t.ok(isRed(without), `the low layer in its place: ${program.colour(without, middle)}`);
  t.ok(isBlue(again), `the high layer again: ${program.colour(again, middle)}`);
});
