// Processes that a recording of one picture needs are killed: it goes on, and less than a quarter of a second of it is lost.
import { copyFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ProgramSample, ProgramStart } from '../../../src/recorder/program-sample.ts';
import { readManifest } from '../../../src/storage/media-manifest.ts';
import { monotonicClock } from '../../../workers/media/monotonic-clock.ts';
import { opusScript, videoScript } from '../../media/scripts.ts';
import { childrenOf, type Purpose } from '../../workers/media/child-processes.ts';
import { decodedTimes, decoderComplaints } from '../../workers/recorder/recorded-media.ts';
import { RecordingRoom } from './recording-room.ts';
import { ScriptedComponent } from './scripted-component.ts';

const video = await videoScript({ source: 'testsrc2=s=320x180:r=30', duration: 2, frameRate: 30 });
const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 2);
/** Ms of media that may be lost, whatever happens. */
const mostLost = 250;

const pass = (time: number) => new Promise<void>((resolve) => monotonicClock.schedule(time, resolve));

/** A room that is recorded as one picture, and when that begins. */
class Film {
  readonly room: RecordingRoom;
  readonly folder: string;
  readonly part: string;
  readonly end: () => Promise<void>;
  /** Where the time of the film begins, in ms since the Unix epoch; NaN before its first picture. */
  beginning = Number.NaN;

  private constructor(room: RecordingRoom, folder: string, end: () => Promise<void>) {
    this.room = room;
    this.folder = folder;
    this.part = join(folder, 'room.mp4.part');
    this.end = end;
  }

  static async open(t: Test): Promise<Film> {
    const room = await RecordingRoom.open(t);
    const publisher = await ScriptedComponent.join(room.world.room);
    const { component } = await room.record({ composed: true });
    const [folder = ''] = await room.parts();
    const film = new Film(room, folder, () => room.end(component));
    film.#watch();
    await publisher.publish([
      ['h264', video],
      ['opus', audio],
    ]);
    return film;
  }

  get worker(): number {
    return childrenOf(process.pid, 'media worker')[0] ?? 0;
  }

  /** Waits until this much more is written. */
  async grown(bytes = 60_000): Promise<void> {
    const size = async () => (await stat(this.part).catch(() => undefined))?.size ?? 0;
    const before = await size();
    while ((await size()) < before + bytes) await pass(10);
  }

  async logged(sentence: string): Promise<void> {
    while (!this.room.log.some((line) => line.includes(sentence))) await pass(10);
  }

  /** Milliseconds from the end of what was written by then. @param time since the Unix epoch. @param path a copy of the film */
  async lostAt(time: number, path: string): Promise<number> {
    return time - this.beginning - Math.max(...(await decodedTimes(path))) * 1000;
  }

  /** What a player of the program would know. */
  #watch(): void {
    let wallClock = Number.NaN;
    this.room.feeds.attach(this.room.world.room, {
      format: (_format, start: ProgramStart) => {
        wallClock = start.wallClock;
      },
      sample: ({ kind, time }: ProgramSample) => {
        if (kind === 'video' && Number.isNaN(this.beginning)) this.beginning = wallClock + time / 90;
      },
      end: () => undefined,
    });
  }
}

t.test('what a server leaves that is killed now', async (t) => {
  const film = await Film.open(t);
  const lost: number[] = [];
  for (let moment = 0; moment < 5; moment += 1) {
    await film.grown();
    const copy = join(film.folder, '..', `copy-${moment}.mp4`);
    const now = monotonicClock.now();
    await copyFile(film.part, copy);
    lost.push(await film.lostAt(now, copy));
  }
  await film.end();
  lost.sort((a, b) => a - b);
  // a machine that is held up composes later now and then
  t.ok((lost[2] ?? mostLost) < mostLost, `${lost.map(Math.round)} ms lost`);
});

t.test('each ffmpeg, then the media worker', async (t) => {
  const film = await Film.open(t);
  await film.grown();
  for (const [purpose, sentence] of [
    ['decoder', 'Tile decoder is replaced'],
    ['audio encoder', 'Audio encoder is replaced'],
    ['video encoder', 'Video encoder is replaced'],
  ] satisfies [Purpose, string][]) {
    const [pid = 0] = childrenOf(film.worker, purpose);
    process.kill(pid, 'SIGKILL');
    await film.logged(sentence);
    await film.grown();
  }
  const copy = join(film.folder, '..', 'copy.mp4');
  const killedAt = monotonicClock.now();
  process.kill(film.worker, 'SIGKILL');
  await pass(50);
  await copyFile(film.part, copy);
  await film.logged('media worker');
  await film.grown();
  const endedAt = monotonicClock.now();
  await film.end();

  const before = await film.lostAt(killedAt, copy);
  t.ok(before < 2 * mostLost, `${before} ms lost`);
  const names = (await readdir(film.folder)).filter((name) => name.includes('.mp4'));
  t.same(names, ['room.mp4'], 'one film, complete');
  const path = join(film.folder, 'room.mp4');
  t.equal(await decoderComplaints(path), '');
  t.match(await readManifest(film.folder), { state: 'stored', files: { 'room.mp4': { size: Number } } });
  const after = await film.lostAt(endedAt, path);
  t.ok(after < 2 * mostLost, `it goes on to the end, on the same clock: ${after} ms`);
});
