// Processes that a recording of one frame needs are killed: it goes on, and less than a quarter of a second of it is lost.
import { statSync } from 'node:fs';
import { copyFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ProgramSample, ProgramStart } from '../../../src/media/sample.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { childrenOf, type Purpose } from '../../child-processes.ts';
import { decodedTimes, decoderComplaints } from '../../recorded-media.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';
import { RecordingRoom } from './recording-room.ts';
import { ScriptedComponent } from './scripted-component.ts';

const video = await videoScript({ source: 'testsrc2=s=320x180:r=30', duration: 2, frameRate: 30 });
const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 2);
/** Ms of media that may be lost, whatever happens. */
const maxLost = 250;

const pass = (time: number) => new Promise<void>((resolve) => monotonicClock.schedule(time, resolve));

const kinds = ['video', 'audio'] as const;

/** A moment of a composite that grows; times in ms since the Unix epoch. */
interface Moment {
  readonly now: number;
  /** When the last frame and the last audio that were composed by now begin. */
  readonly video: number;
  readonly audio: number;
}

/** What a kill would have cost, in ms. */
interface Loss {
  /** Of each kind, of what was composed and encoded by then: ours, on any machine. */
  readonly video: number;
  readonly audio: number;
  /** Of what happened in the room by then. A machine that is held up composes late, and would so without a kill. */
  readonly byClock: number;
}

/** A room that is recorded as one frame, and when that begins. */
class Composite {
  readonly room: RecordingRoom;
  readonly folder: string;
  readonly part: string;
  readonly end: () => Promise<void>;
  /** Where the time of the composite begins, in ms since the Unix epoch; NaN before its first frame. */
  beginning = Number.NaN;
  readonly #composed = { video: Number.NaN, audio: Number.NaN };

  private constructor(room: RecordingRoom, folder: string, end: () => Promise<void>) {
    this.room = room;
    this.folder = folder;
    this.part = join(folder, 'room.mp4.part');
    this.end = end;
  }

  static async open(t: Test): Promise<Composite> {
    const room = await RecordingRoom.open(t);
    const publisher = await ScriptedComponent.join(room.world.room);
    const { component } = await room.record({ composed: true });
    const [folder = ''] = await room.parts();
    const composite = new Composite(room, folder, () => room.end(component));
    composite.#watch();
    await publisher.publish([
      ['h264', video],
      ['opus', audio],
    ]);
    return composite;
  }

  get worker(): number {
    return childrenOf(process.pid, 'composer')[0] ?? 0;
  }

  /** Waits until this much more is written. */
  async grown(bytes = 40_000): Promise<void> {
    const size = async () => (await stat(this.part).catch(() => undefined))?.size ?? 0;
    const before = await size();
    while ((await size()) < before + bytes) await pass(10);
  }

  async logged(sentence: string): Promise<void> {
    while (!this.room.log.some((line) => line.includes(sentence))) await pass(10);
  }

  moment(): Moment {
    return { now: monotonicClock.now(), ...this.#composed };
  }

  /** @param path what is left of the composite */
  async lostSince({ now, ...composed }: Moment, path: string): Promise<Loss> {
    const end = async (kind: (typeof kinds)[number]) =>
      this.beginning + Math.max(...(await decodedTimes(path, kind))) * 1000;
    const [video, audio] = [await end('video'), await end('audio')];
    return { video: composed.video - video, audio: composed.audio - audio, byClock: now - video };
  }

  /** What would be left if all were killed now: the bytes that are in the file, whole or not. */
  async leave(name: string): Promise<{ moment: Moment; path: string }> {
    const { size } = statSync(this.part);
    const moment = this.moment();
    const path = join(this.folder, '..', name);
    await copyFile(this.part, path);
    await truncate(path, size);
    return { moment, path };
  }

  /** What a player of the program would know. */
  #watch(): void {
    let wallClock = Number.NaN;
    this.room.feeds.attach(this.room.world.room, {
      format: (_format, start: ProgramStart) => {
        wallClock = start.wallClock;
      },
      sample: ({ kind, time }: ProgramSample) => {
        this.#composed[kind] = wallClock + time / (kind === 'video' ? 90 : 48);
        if (Number.isNaN(this.beginning)) this.beginning = this.#composed.video;
      },
      end: () => undefined,
    });
  }
}

function assertKept(t: Test, loss: Loss): void {
  for (const kind of kinds) t.ok(loss[kind] < maxLost, `${Math.round(loss[kind])} ms of ${kind} lost`);
  t.comment(`${Math.round(loss.byClock)} ms by the clock`);
}

t.test('a server killed at any moment loses no more than the last moment of its composite', async (t) => {
  const composite = await Composite.open(t);
  let nearest = Number.POSITIVE_INFINITY;
  for (let moment = 0; moment < 8; moment += 1) {
    await composite.grown();
    // anywhere between two frames
    await pass(9 * moment);
    const left = await composite.leave(`copy-${moment}.mp4`);
    const loss = await composite.lostSince(left.moment, left.path);
    assertKept(t, loss);
    nearest = Math.min(nearest, loss.byClock);
  }
  await composite.end();
  t.ok(nearest < maxLost, `${nearest} ms where the machine was not held up`);
});

t.test('a recording survives each killed ffmpeg and the killed composer', async (t) => {
  const composite = await Composite.open(t);
  await composite.grown();
  for (const [purpose, sentence] of [
    ['decoder', 'A tile decoder is replaced.'],
    ['audio encoder', 'The audio encoder is replaced.'],
    ['video encoder', 'The video encoder is replaced.'],
  ] satisfies [Purpose, string][]) {
    const [pid = 0] = childrenOf(composite.worker, purpose);
    process.kill(pid, 'SIGKILL');
    await composite.logged(sentence);
    await composite.grown();
  }
  const killed = composite.moment();
  process.kill(composite.worker, 'SIGKILL');
  await composite.logged('Process ended, restarting it');
  const { path: copy } = await composite.leave('copy.mp4');
  await composite.grown();
  const ended = composite.moment();
  await composite.end();

  assertKept(t, await composite.lostSince(killed, copy));
  const names = (await readdir(composite.folder)).filter((name) => name.includes('.mp4'));
  t.same(names, ['room.mp4'], 'one composite, complete');
  const path = join(composite.folder, 'room.mp4');
  t.equal(await decoderComplaints(path), '');
  t.match(await manifestAt(composite.folder), { state: 'stored', files: { 'room.mp4': { size: Number } } });
  assertKept(t, await composite.lostSince(ended, path));
});
