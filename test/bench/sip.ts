import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { latenessBounds } from '../../src/component/sip/media/mixer-counts.ts';
import type { PhoneCodec } from '../../src/component/sip/media/negotiated-media.ts';
import { TelephonyWorkers } from '../../src/component/sip/media/telephony-workers.ts';
import { childrenOf } from '../child-processes.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';
import { RtpTap } from '../sfu/rtp-tap.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { median } from './load/median.ts';
import { everyPacket, packetTime } from './load/packet-clock.ts';
import { cpuTime } from './load/process-usage.ts';
import { type FarPhone, TalkingRoom } from './load/talking-room.ts';
import { ToneOnsets, ToneSource } from './load/tone-source.ts';
import { machineLoad } from './load/usage.ts';
import { VoiceCodec } from './load/voice-codec.ts';

export const title = 'telephone calls';

/** Speakers in the room of one call. */
const trackCounts = [2, 10, 50];
/** Calls of which the cost of one more is taken. */
const manyCalls = 20;
const callsAtOnce = Number(process.env.SHOAL_BENCH_CALLS ?? 50);
/** Time in which their ticks are counted, in ms. */
const windowAtOnce = 12_000;
/** Of each measurement of CPU, in ms. */
const duration = 6000;
/** Calls whose delays are measured one after the other, each with another phase, and tones of each. */
const delayRounds = 6;
const tonesPerRound = 8;
/** Until all tones of a round have been heard, in ms; they take about 10 s. */
const toneTimeout = 120_000;
/** Ports of the media workers' own are beside these. */
const ports = { min: 42_000, max: 42_999 };

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  let few = Number.NaN;
  for (const tracks of trackCounts) {
    const cpu = await withCleanup((cleanup) => callCpu(cleanup, 1, tracks, 'pcma'));
    if (tracks === trackCounts[0]) few = cpu;
    rows.push({
      what: `CPU of a G.711 call in a room with ${tracks} other tracks`,
      ...(tracks !== trackCounts[0] && { ratio: cpu / few }),
      figure: `${cpu.toFixed(1)} % of a core`,
      note: `the telephony worker, all tracks talk${tracks === trackCounts[0] ? '' : `; ratio to ${trackCounts[0]} tracks`}`,
    });
  }
  for (const codec of ['pcma', 'opus'] as const) rows.push(await callsPerCore(codec));
  for (const codec of ['pcma', 'opus'] as const) rows.push(...(await mouthToEar(codec)));
  rows.push(await withCleanup(manyAtOnce));
  return rows;
}

/** Calls, each in a room of its own. @returns processor time of the telephony worker, in percent of a core */
async function callCpu(cleanup: Cleanup, calls: number, tracks: number, codec: PhoneCodec): Promise<number> {
  const { world, workers } = await open(cleanup, 1);
  await talk(cleanup, world, workers, { calls, tracks, codec });
  await wait(2000);
  const [pid] = childrenOf(process.pid, 'telephony worker');
  if (pid === undefined) throw new Error('There is no telephony worker.');
  const before = await cpuTime(pid);
  const start = performance.now();
  await wait(duration);
  return ((await cpuTime(pid)) - before) / ((performance.now() - start) * 10);
}

/** What one more call costs, in a room of its own with two tracks. */
async function callsPerCore(codec: PhoneCodec): Promise<Row> {
  const one = await withCleanup((cleanup) => callCpu(cleanup, 1, 2, codec));
  const many = await withCleanup((cleanup) => callCpu(cleanup, manyCalls, 2, codec));
  const each = (many - one) / (manyCalls - 1);
  return {
    what: `Calls per core, ${nameOf(codec)}`,
    figure: `${Math.floor(100 / each)} calls`,
    note: `${each.toFixed(2)} % of a core for one more call with 2 tracks, of ${manyCalls}; the telephony worker alone`,
  };
}

/** From the first sample of a tone at its source to the first one that is heard. */
async function mouthToEar(codec: PhoneCodec): Promise<Row[]> {
  const toPhone: number[] = [];
  const toRoom: number[] = [];
  for (let round = 0; round < delayRounds; round += 1) {
    await withCleanup(async (cleanup) => {
      const { world, workers } = await open(cleanup, 1);
      const room = new TalkingRoom(cleanup, world.room);
      const speaker = await room.addSpeaker();
      const phone = await room.addPhone(workers, codec);
      const opus = new VoiceCodec('opus');
      const spoken = new ToneSource(48_000, (samples) => speaker.say(opus.encode(samples)), Math.random() * packetTime);
      const answered = new ToneSource(
        phone.codec.rate,
        (samples) => phone.say(phone.codec.encode(samples)),
        Math.random() * packetTime,
      );
      cleanup.teardown(() => spoken.close());
      cleanup.teardown(() => answered.close());
      const heard = new ToneOnsets(phone.codec.rate);
      phone.socket.onPacket = ({ payload }) => note(heard, phone.codec.decode(payload), spoken, toPhone);
      const inRoom = new ToneOnsets(48_000);
      const decoder = new VoiceCodec('opus');
      const tap = await RtpTap.open(world.room.media, phone.feed.publication);
      cleanup.teardown(() => tap.close());
      tap.observer.on('packet', ({ payload }) => note(inRoom, decoder.decode(payload), answered, toRoom));
      await tap.resume();
      const wanted = (round + 1) * tonesPerRound;
      const deadline = performance.now() + toneTimeout;
      while (toPhone.length < wanted || toRoom.length < wanted) {
        if (performance.now() > deadline) throw new Error('The tones are not heard.');
        await wait(200);
      }
      toPhone.length = wanted;
      toRoom.length = wanted;
    });
  }
  const name = nameOf(codec);
  const note711 = '20 ms of packetizing and both codecs included, without devices';
  return [
    delayRow(`Mouth to ear, participant to ${name} telephone`, toPhone, `${note711} and the telephone's jitter buffer`),
    delayRow(
      `Mouth to ear, ${name} telephone to participant`,
      toRoom,
      `${note711} and the participant's jitter buffer`,
    ),
  ];
}

function note(onsets: ToneOnsets, samples: Int16Array, { begunAt }: ToneSource, delays: number[]): void {
  const before = onsets.times.length;
  onsets.push(samples);
  const at = onsets.times.at(-1);
  if (at !== undefined && onsets.times.length > before) delays.push(at - begunAt);
}

function delayRow(what: string, delays: readonly number[], note: string): Row {
  const sorted = [...delays].sort((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
  return {
    what,
    figure: `p50 ${median(delays).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`,
    note: `${note}; ${delays.length} tones`,
  };
}

/** Every call in a room of its own with two speakers; a tick that is a packet late is late. */
async function manyAtOnce(cleanup: Cleanup): Promise<Row> {
  const { world, workers } = await open(cleanup);
  const phones = await talk(cleanup, world, workers, { calls: callsAtOnce, tracks: 2, codec: 'pcma' });
  await wait(3000);
  const received = new Map(phones.map((phone) => [phone, 0]));
  for (const phone of phones) phone.socket.onPacket = () => received.set(phone, (received.get(phone) ?? 0) + 1);
  const before = workers.counts;
  const start = performance.now();
  const shares = await sharesDuring(() => wait(windowAtOnce));
  const expected = (performance.now() - start) / packetTime;
  const after = workers.counts;
  const ticks = after.lateness.map((count, index) => count - (before.lateness[index] ?? 0));
  const all = ticks.reduce((sum, count) => sum + count, 0);
  const late = ticks.slice(latenessBounds.indexOf(20) + 1).reduce((sum, count) => sum + count, 0);
  const least = Math.min(...received.values()) / expected;
  const histogram = latenessBounds.map((bound, index) => `${bound} ms ${ticks[index] ?? 0}`).join(', ');
  return {
    what: `${callsAtOnce} calls at once, ticks more than 20 ms late / all`,
    ratio: all > 0 ? late / all : Number.NaN,
    figure: `${late} of ${all} late, ${after.skipped - before.skipped} left out`,
    note: `in ${workers.pids.length} workers; at most: ${histogram}, more ${ticks.at(-1)}; the phone with fewest packets got ${(least * 100).toFixed(1)} %; ${shares}`,
  };
}

/** Who used the processors meanwhile: what is late in spite of idle processors is the product's fault. In percent of a core. */
async function sharesDuring(work: () => Promise<void>): Promise<string> {
  const pids = {
    'telephony workers': childrenOf(process.pid, 'telephony worker'),
    'media worker': childrenOf(process.pid, 'media worker'),
    'phones and speakers of the bench': [process.pid],
  };
  const used = () =>
    Promise.all(
      Object.values(pids).map(async (group) =>
        (await Promise.all(group.map(cpuTime))).reduce((sum, time) => sum + time, 0),
      ),
    );
  const before = await used();
  const start = performance.now();
  const { load } = await machineLoad(work);
  const percent = (performance.now() - start) * 10;
  const after = await used();
  const ours = after.map((time, index) => (time - (before[index] ?? 0)) / percent);
  const cores = availableParallelism();
  const others = load * cores * 100 - ours.reduce((sum, share) => sum + share, 0);
  const list = Object.keys(pids).map((name, index) => `${name} ${ours[index]?.toFixed(0)} %`);
  return `CPU: ${list.join(', ')}, other programs ${Math.max(others, 0).toFixed(0)} %, of ${cores * 100} %`;
}

/** Rooms in which everybody talks without a pause. */
async function talk(
  cleanup: Cleanup,
  world: RoomOnWorker,
  workers: TelephonyWorkers,
  { calls, tracks, codec }: { readonly calls: number; readonly tracks: number; readonly codec: PhoneCodec },
): Promise<FarPhone[]> {
  const phones: FarPhone[] = [];
  const voice = speech(new VoiceCodec('opus'));
  const reply = speech(new VoiceCodec(codec));
  for (let call = 0; call < calls; call += 1) {
    const room = new TalkingRoom(cleanup, call === 0 ? world.room : await anotherRoom(world, call));
    const speakers = await Promise.all(Array.from({ length: tracks }, () => room.addSpeaker()));
    const phone = await room.addPhone(workers, codec);
    phones.push(phone);
    const stop = everyPacket((tick) => {
      for (const { say } of speakers) say(voice[tick % voice.length] as Buffer);
      phone.say(reply[tick % reply.length] as Buffer);
    }, Math.random() * packetTime);
    cleanup.teardown(stop);
  }
  return phones;
}

/** Two seconds of something that is not easy to code, over and over. */
function speech(codec: VoiceCodec): Buffer[] {
  const length = codec.rate / 50;
  return Array.from({ length: 100 }, (_, packet) =>
    codec.encode(
      Int16Array.from({ length }, (_, index) => {
        const time = (packet * length + index) / codec.rate;
        const pitch = 140 + 30 * Math.sin(2 * Math.PI * 3 * time);
        const loud = 0.3 + 0.2 * Math.sin(2 * Math.PI * 4 * time);
        return 12_000 * loud * (Math.sin(2 * Math.PI * pitch * time) + (Math.random() - 0.5) * 0.3);
      }),
    ),
  );
}

async function anotherRoom({ registry }: RoomOnWorker, call: number) {
  const config = { roomId: `room-${call}`, maxPeers: null, videoCodec: null, webhookUrl: null };
  return await registry.create({ ...config, peerlessPurgeTimeout: null, peerDisconnectedTimeout: null });
}

async function open(cleanup: Cleanup, maxWorkers?: number) {
  const world = await RoomOnWorker.open(null);
  cleanup.teardown(() => world.close());
  const logger = pino({ level: 'warn' });
  const limit = maxWorkers === undefined ? {} : { maxWorkers, callsPerWorker: Number.POSITIVE_INFINITY };
  const workers = new TelephonyWorkers({ listenAddress: '127.0.0.1', ports, logger, ...limit });
  cleanup.teardown(() => workers.close());
  return { world, workers };
}

function nameOf(codec: PhoneCodec): string {
  return codec === 'opus' ? 'Opus' : 'G.711';
}
