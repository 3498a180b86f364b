import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '../../src/clock/clock.ts';
import type { ProgramSample, ProgramSink } from '../../src/media/sample.ts';
import type { RecordersOptions } from '../../src/recorder/recorders.ts';
import { SessionMedia, type SessionMediaOptions } from '../../src/recorder/session-media.ts';
import { MediaStore, type MediaStoreOptions } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { OutputDouble } from './output-double.ts';

const sample: ProgramSample = { kind: 'video', data: new Uint8Array(1), time: 0, duration: 1, keyframe: true };

/** The program of rooms and what it is written to, as doubles: what recorders need beside rooms. */
export class RecorderMedia {
  readonly opened: OutputDouble[] = [];
  readonly feeds: RecordersOptions['feeds'] = { attach: (_room, sink) => this.#attach(sink) };
  readonly outputs: RecordersOptions['outputs'] = {
    openFile: (session, name) =>
      this.#open(new OutputDouble(session && join(session.folder, `${name}.mp4`), undefined)),
    openStream: (target) => this.#open(new OutputDouble(undefined, target)),
  };
  readonly #sinks = new Set<ProgramSink>();
  readonly #changes = new EventEmitter<{ opened: [] }>();

  /** The output of a session, once there is one. @param index of all so far */
  async output(index = 0): Promise<OutputDouble> {
    while (this.opened.length <= index) await once(this.#changes, 'opened');
    return this.opened[index] as OutputDouble;
  }

  /** The program begins, or goes on. */
  play(): void {
    for (const sink of this.#sinks) sink.sample(sample);
  }

  /** The program breaks for good. */
  breakProgram(error: Error): void {
    const sinks = [...this.#sinks];
    this.#sinks.clear();
    for (const sink of sinks) sink.end(error);
  }

  #open(output: OutputDouble): OutputDouble {
    this.opened.push(output);
    this.#changes.emit('opened');
    return output;
  }

  #attach(sink: ProgramSink) {
    this.#sinks.add(sink);
    const close = async () => {
      if (this.#sinks.delete(sink)) sink.end(undefined);
    };
    return { close };
  }
}

/** A store of sessions, beneath everything that records. It is closed by the caller. */
export async function openSessionStore(
  { recordings, steps, logger }: Pick<SessionMediaOptions, 'recordings' | 'steps' | 'logger'>,
  options: Partial<MediaStoreOptions> = {},
): Promise<RecordersOptions['storage'] & { readonly store: MediaStore }> {
  const { account, clock = systemClock } = options;
  const upload = account && { prefix: 'p' };
  const store = await MediaStore.open({
    kinds: [new SessionMedia({ recordings, steps, upload, clock, logger })],
    openBucket: () => {
      throw new Error('There is no bucket.');
    },
    sealer: new Sealer('a'.repeat(32), 'test'),
    ...{ retention: {}, minFree: 0, isLive: () => false, clock, logger, ...options },
  });
  return { store, upload, recordings };
}
