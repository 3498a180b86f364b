import { ShoalError } from '../error/shoal-error.ts';
import type { Logger } from '../log/logger.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import type { Room } from '../room/room.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { folderName } from '../storage/folder-name.ts';
import type { ProgramOutput } from './program-output.ts';
import { RoomOutput } from './room-output.ts';
import { type RequestedStream, redactedRtmpUrl, rtmpTargets } from './rtmp/rtmp-target.ts';

/** A requested output. */
export type OutputRequest = { readonly type: 'file' } | ({ readonly type: 'rtmp' } & RequestedStream);

export interface RoomOutputsOptions {
  readonly feeds: Pick<ProgramFeeds, 'attach'>;
  readonly events: RoomEvents;
  /** Opens a file output. @param path of the file, relative to the resources folder; it will be the only one of its folder */
  readonly openFile: (path: string, room: Room<RoomRouter>) => ProgramOutput;
  readonly openStream: (target: RequestedStream) => ProgramOutput;
  /** Whether an RTMP URL is an allowed target. */
  readonly isAllowed: (url: string) => boolean;
  readonly logger: Logger;
}

/** Maximum number of outputs per room. */
const maxOutputs = 16;

/** The outputs that users of the API have requested. Those of a room end with it. */
export class RoomOutputs {
  readonly #options: RoomOutputsOptions;
  readonly #outputs = new Map<Room<RoomRouter>, Map<string, RoomOutput>>();
  /** Outputs that are being completed. */
  readonly #ending = new Set<Promise<void>>();
  #files = 0;

  constructor(options: RoomOutputsOptions) {
    this.#options = options;
  }

  list(room: Room<RoomRouter>): RoomOutput[] {
    return [...(this.#outputs.get(room)?.values() ?? [])];
  }

  /** Finds an output. @throws ShoalError outputNotFound */
  get(room: Room<RoomRouter>, id: string): RoomOutput {
    const output = this.#outputs.get(room)?.get(id);
    if (!output) throw new ShoalError('outputNotFound', id);
    return output;
  }

  /** Starts an output. @param notify whether the room's webhook is notified of changes @throws ShoalError outputLimitReached, invalidRtmpUrl */
  start(room: Room<RoomRouter>, request: OutputRequest, notify: boolean): RoomOutput {
    const outputs = this.#of(room);
    if (outputs.size >= maxOutputs) throw new ShoalError('outputLimitReached', room.id);
    const { target, output } = this.#open(room, request);
    const made = new RoomOutput({ type: request.type, target, notify }, room, this.#options.feeds, output);
    outputs.set(made.id, made);
    made.observer.on('changed', () => this.#report(room, made));
    this.#report(room, made);
    return made;
  }

  /** Ends an output and removes it. Resolves when it is complete. @throws ShoalError outputNotFound */
  async stop(room: Room<RoomRouter>, id: string): Promise<void> {
    const output = this.get(room, id);
    await this.#end(output);
    this.#outputs.get(room)?.delete(id);
  }

  /** Ends all outputs. Idempotent. */
  async close(): Promise<void> {
    for (const outputs of this.#outputs.values()) for (const output of outputs.values()) void this.#end(output);
    await Promise.all(this.#ending);
  }

  #of(room: Room<RoomRouter>): Map<string, RoomOutput> {
    const known = this.#outputs.get(room);
    if (known) return known;
    const outputs = new Map<string, RoomOutput>();
    this.#outputs.set(room, outputs);
    room.changes.once('closed', () => {
      this.#outputs.delete(room);
      for (const output of outputs.values()) void this.#end(output);
    });
    return outputs;
  }

  async #end(output: RoomOutput): Promise<void> {
    const ended = output.close().catch((err: unknown) => {
      this.#options.logger.error({ err, outputId: output.id }, 'An output of a room could not be completed.');
    });
    this.#ending.add(ended);
    await ended;
    this.#ending.delete(ended);
  }

  #open(room: Room<RoomRouter>, request: OutputRequest): { target: string; output: ProgramOutput } {
    const { openFile, openStream, isAllowed } = this.#options;
    if (request.type === 'file') {
      this.#files += 1;
      const now = new Date().toISOString().replace(/[:.]/g, '-');
      const target = `outputs/${folderName(room.id)}/${now}-${this.#files}/room.mp4`;
      return { target, output: openFile(target, room) };
    }
    const { type: _, ...target } = request;
    const { url, streamKey } = target;
    if (!isValid(target) || !isAllowed(url)) throw new ShoalError('invalidRtmpUrl');
    return { target: redactedRtmpUrl(url, streamKey), output: openStream(target) };
  }

  #report(room: Room<RoomRouter>, { id, state, error, description }: RoomOutput): void {
    const { type: outputType, notify } = description;
    const output = { outputId: id, outputType, state, error };
    this.#options.events.emit({ type: 'outputChanged', roomId: room.id, notify, ...output });
  }
}

function isValid(target: RequestedStream): boolean {
  try {
    return rtmpTargets(target)[0].streamName !== '';
  } catch {
    return false;
  }
}
