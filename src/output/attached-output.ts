import { EventEmitter } from 'node:events';
import type { ProgramSink } from '../media/sample.ts';
import { everyOrigin, type OriginFilter } from '../program/origin-filter.ts';
import type { ProgramAttachment, ProgramFeeds } from '../program/program-feeds.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { OutputError, type ProgramOutput } from './program-output.ts';

export interface AttachedOutputOptions {
  readonly feeds: Pick<ProgramFeeds, 'attach'>;
  readonly room: Room<RoomRouter>;
  /** The output. It is closed with the attachment. */
  readonly output: ProgramOutput;
  /** @defaultValue every track of the room */
  readonly origins?: OriginFilter | undefined;
}

/** Attaches an output to a room's program: HLS, files, RTMP servers and recordings all do it this way. */
export class AttachedOutput {
  /** `running`: emitted once, when the first data has arrived at its destination. `failed`: emitted at most once, never after {@link close}. */
  readonly observer: ProgramOutput['observer'] = new EventEmitter();
  readonly #output: ProgramOutput;
  readonly #attachment: ProgramAttachment;
  #samples = 0;
  #failed = false;
  #closing: Promise<void> | undefined;

  constructor({ feeds, room, output, origins = everyOrigin }: AttachedOutputOptions) {
    this.#output = output;
    output.observer.once('running', () => this.observer.emit('running'));
    output.observer.once('failed', (error) => this.#fail(error));
    this.#attachment = feeds.attach(room, this.#counted(output.sink), origins);
  }

  /** Number of samples so far. */
  get samples(): number {
    return this.#samples;
  }

  /** Detaches the output, which gets the end of the program. Resolves when the output is complete. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#attachment.close();
    await this.#output.close();
  }

  #counted(sink: ProgramSink): ProgramSink {
    return {
      passthrough: sink.passthrough,
      format: (format, start) => sink.format(format, start),
      sample: (sample) => {
        this.#samples += 1;
        sink.sample(sample);
      },
      end: (error) => {
        sink.end(error);
        if (error) this.#fail(new OutputError('program', 'The room could not be composed', { cause: error }));
      },
    };
  }

  #fail(error: OutputError): void {
    if (this.#failed || this.#closing) return;
    this.#failed = true;
    this.observer.emit('failed', error);
  }
}
