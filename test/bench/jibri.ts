import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Receiver } from '../net/receiver.ts';
import { childrenOf as ffmpegsOf, type Purpose } from '../workers/media/child-processes.ts';
import type { Row } from './benchmark.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { JibriRig } from './load/jibri-rig.ts';
import { median } from './load/median.ts';
import { childrenWith, ProcessTree } from './load/process-tree.ts';
import { childrenOf } from './load/process-usage.ts';
import { Publishers } from './load/publishers.ts';
import { type RecordedFile, readRecording } from './load/recorded-file.ts';
import { ServerProcess } from './load/server-process.ts';
import { listShares, machineLoad, measureUsage, type Usage } from './load/usage.ts';

export const title = 'rooms recorded over the API of Jibri';

/** Fewer with SHOAL_BENCH_RECORDINGS and SHOAL_BENCH_SECONDS. */
const count = Number(process.env.SHOAL_BENCH_RECORDINGS ?? 10);
const seconds = Number(process.env.SHOAL_BENCH_SECONDS ?? 60);
const publisherCount = 2;
const size = { width: 640, height: 360 };
const frameRate = 30;
/** Both need it to get the tracks. */
const shared = ['mediasoup-worker'];
/** Milliseconds. */
const settleTime = 3000;
const idleTime = 5000;

/** A session of one of our recorders. */
interface Session {
  readonly slot: string;
  readonly name: string;
  /** Ms from the request to the first recorded picture. */
  readonly startTime: number;
  /** When that was. */
  readonly began: number;
}

/** Ten of our recorders and one that is shaped like Jibri, all at the same time. */
export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-jibri-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
    const recorders = await Recorders.start(cleanup, folder);
    const { server } = recorders;
    const publishers = await startPublishers(cleanup);
    const roomIds = await fillRooms(server, publishers);
    const ours = new ProcessTree([server.pid], shared);
    const { idle } = await measureUsage({ idle: ours }, idleTime);

    const file = join(folder, 'screen.mp4');
    const token = await server.addPeer(roomIds[0] as string);
    const pictures = publisherCount;
    const sessions: Session[] = [];
    for (const [index, roomId] of roomIds.entries()) sessions.push(await recorders.record(index, roomId));
    const rig = await JibriRig.start(cleanup, { size, frameRate, host: server.host, token, pictures, file });
    const rigBegan = performance.now();
    await pause(settleTime);
    const parts = await partsOf(server);
    const uncounted = {
      senders: new ProcessTree([publishers.pid]),
      SFU: new ProcessTree(await childrenOf(server.pid, 'mediasoup-worker')),
    };
    const { result: used, load } = await machineLoad(() =>
      measureUsage({ ours, rig: rig.all, ...parts, ...uncounted, ...rig.parts }, seconds * 1000),
    );
    const rigLength = (performance.now() - rigBegan) / 1000;
    const rigStop = await rig.stop();
    const stops: number[] = [];
    const films: RecordedFile[] = [];
    const lengths: number[] = [];
    for (const session of sessions) {
      lengths.push((performance.now() - session.began) / 1000);
      stops.push(await recorders.stop(session));
    }
    for (const [index, session] of sessions.entries()) {
      films.push(await readRecording(await recorders.file(session), lengths[index] ?? 0, frameRate));
    }
    const screen = await readRecording(file, rigLength, frameRate);
    const names = Object.keys(parts) as (keyof typeof parts)[];
    const { Chromium, Xvfb, PulseAudio, ffmpeg, senders, SFU } = used;
    const notes = {
      load: `${count} at once, ${publisherCount} participants each, for ${seconds} s, machine ${Math.round(load * 100)} % busy, of it ${listShares({ senders, SFU })} that count for nobody`,
      ours: names.map((name) => `${name} ${(used[name].cpu / count).toFixed(1)}`).join(', '),
      rig: listShares({ Chromium, Xvfb, PulseAudio, ffmpeg }),
      moving: `moving pictures/s ${median(films.map(({ movingRate }) => movingRate)).toFixed(1)} / ${screen.movingRate.toFixed(1)}`,
    };
    return [
      ...compareUsage({ used: used.ours, idle, rig: used.rig }, notes),
      compareTimes(
        'start request to first recorded picture',
        sessions.map(({ startTime }) => startTime),
        rig.startTime,
      ),
      compareTimes('stop request to answer', stops, rigStop),
    ];
  });
}

/** What our recordings consist of. */
async function partsOf(server: ServerProcess): Promise<Record<'workers' | 'decoders' | 'H264' | 'AAC', ProcessTree>> {
  const workers = await childrenWith(server.pid, 'workers/media/main.ts');
  const all = (purpose: Purpose) => new ProcessTree(workers.flatMap((pid) => ffmpegsOf(pid, purpose)));
  return {
    workers: new ProcessTree(workers, ['ffmpeg']),
    decoders: all('decoder'),
    H264: all('video encoder'),
    AAC: all('audio encoder'),
  };
}

async function startPublishers(cleanup: Cleanup): Promise<Publishers> {
  const source = `testsrc2=s=${size.width}x${size.height}:r=${frameRate}`;
  const video = { source, duration: 4, frameRate, bitrate: '400k' };
  return await Publishers.start(cleanup, { video, audio: 'sine=440' });
}

async function fillRooms(server: ServerProcess, publishers: Publishers): Promise<string[]> {
  const roomIds: string[] = [];
  while (roomIds.length < count) {
    const roomId = await server.createRoom({ videoCodec: 'h264' });
    for (let peer = 0; peer < publisherCount; peer += 1) {
      await publishers.publish(server.host, await server.addPeer(roomId));
    }
    roomIds.push(roomId);
  }
  return roomIds;
}

/** Our recorders, as an orchestrator drives them. */
class Recorders {
  readonly server: ServerProcess;
  readonly #receiver: Receiver;
  readonly #folder: string;

  private constructor(server: ServerProcess, receiver: Receiver, folder: string) {
    this.server = server;
    this.#receiver = receiver;
    this.#folder = folder;
  }

  static async start(cleanup: Cleanup, folder: string): Promise<Recorders> {
    const receiver = await Receiver.start(cleanup);
    const server = await ServerProcess.start(cleanup, {
      ...{ SHOAL_TURN: 'off', FJ_LOG_LEVEL: 'error', JIBRI_HTTP_API_EXTERNAL_PORT: 'off' },
      ...{ JIBRI_INSTANCE_ID: 'rec', JIBRI_SLOTS: String(count), JIBRI_RECORDING_DIR: folder },
      ...{ JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url, SHOAL_PROGRAM_SIZE: `${size.width}x${size.height}` },
      SHOAL_PROGRAM_FRAME_RATE: String(frameRate),
    });
    return new Recorders(server, receiver, folder);
  }

  /** Resolves with the first recorded picture. @param index of the recorder */
  async record(index: number, callName: string): Promise<Session> {
    const slot = index === 0 ? 'rec' : `rec-${index}`;
    const name = `session-${index}`;
    const begin = performance.now();
    const body = {
      ...{ sessionId: name, sinkType: 'file', callLoginParams: {} },
      callParams: { callUrlInfo: { baseUrl: 'https://meet.example.org', callName } },
    };
    await this.server.ask('POST', `/recorders/${slot}/jibri/api/v1.0/startService`, 200, body);
    await this.#isOn(name);
    const began = performance.now();
    return { slot, name, startTime: began - begin, began };
  }

  /** @returns ms until the answer */
  async stop({ slot }: Session): Promise<number> {
    const begin = performance.now();
    await this.server.ask('POST', `/recorders/${slot}/jibri/api/v1.0/stopService`, 200, {});
    return performance.now() - begin;
  }

  /** @returns the path of what a finished session has left */
  async file({ name }: Session): Promise<string> {
    const names = await readdir(join(this.#folder, name));
    const film = names.find((each) => each.endsWith('.mp4'));
    if (!film) throw new Error(`${name} has left ${names}.`);
    return join(this.#folder, name, film);
  }

  async #isOn(name: string): Promise<void> {
    const told = () =>
      this.#receiver.requests.some(({ body }) => {
        const { session } = JSON.parse(String(body));
        if (session?.sessionId === name && session.status === 'OFF') throw new Error(`${name} failed: ${body}`);
        return session?.sessionId === name && session.status === 'ON';
      });
    while (!told()) await this.#receiver.received(this.#receiver.requests.length + 1);
  }
}

interface Notes {
  readonly load: string;
  readonly ours: string;
  readonly rig: string;
  readonly moving: string;
}

function compareUsage({ used, idle, rig }: Record<'used' | 'idle' | 'rig', Usage>, notes: Notes): Row[] {
  const [cpu, memory] = [(used.cpu - idle.cpu) / count, (used.memory - idle.memory) / count];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return [
    {
      what: 'CPU per recording in 640x360, ours / Jibri-shaped',
      ratio: cpu / rig.cpu,
      figure: `${cpu.toFixed(1)} / ${rig.cpu.toFixed(1)} % of a core`,
      note: `${notes.load}: ${notes.ours}, the rest is the server's; one Jibri-shaped: ${notes.rig}; ${notes.moving}`,
    },
    {
      what: 'memory per recording, ours / Jibri-shaped',
      ratio: memory / rig.memory,
      figure: `${megabytes(memory)} / ${megabytes(rig.memory)} MB`,
      note: 'what processes share is divided among them',
    },
  ];
}

function compareTimes(what: string, ours: readonly number[], theirs: number): Row {
  const range = `${Math.min(...ours).toFixed(0)} to ${Math.max(...ours).toFixed(0)}`;
  return {
    what: `${what}, ours / Jibri-shaped`,
    ratio: median(ours) / theirs,
    figure: `${median(ours).toFixed(0)} / ${theirs.toFixed(0)} ms`,
    note: `median of ${ours.length}, one after the other: ${range}`,
  };
}
