import { EventEmitter } from 'node:events';
import type { ProgramSink } from '../media/sample.ts';
import type { ProgramOutput } from '../output/program-output.ts';
import type { ProgramAttachment, ProgramFeeds } from '../program/program-feeds.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { SessionFailure } from './session-failure.ts';

/** A room's program on its way to an output. */
export class Capture {
  readonly observer = new EventEmitter<{ running: []; failed: [SessionFailure] }>();
  readonly #output: ProgramOutput;
  readonly #attachment: ProgramAttachment;
  #samples = 0;
  #closing: Promise<void> | undefined;

  constructor(feeds: Pick<ProgramFeeds, 'attach'>, room: Room<RoomRouter>, output: ProgramOutput) {
    this.#output = output;
    output.observer.once('running', () => this.observer.emit('running'));
    output.observer.once('failed', (error) =>
      this.observer.emit('failed', new SessionFailure(error.kind, error.message)),
    );
    this.#attachment = feeds.attach(room, this.#watched(output.sink));
  }

  /** Samples of the program so far. */
  get samples(): number {
    return this.#samples;
  }

  /** Resolves when the output is complete. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#attachment.close();
    await this.#output.close();
  }

  #watched(sink: ProgramSink): ProgramSink {
    return {
      format: (format, start) => sink.format(format, start),
      sample: (sample) => {
        this.#samples += 1;
        sink.sample(sample);
      },
      end: (error) => {
        sink.end(error);
        const failure = new SessionFailure(this.#samples === 0 ? 'notStarted' : 'broken', error?.message);
        if (error && !this.#closing) this.observer.emit('failed', failure);
      },
    };
  }
}
