import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { completeMp4 } from '../output/complete-mp4.ts';
import { withoutMark } from '../storage/atomic-file.ts';
import type { EndedMedia, FinishResult, MediaKind, Stray } from '../storage/media-kind.ts';
import type { MediaManifest } from '../storage/media-manifest.ts';
import { adoptWorkingFolders, earlierJournal, earlierSessions } from './earlier-sessions.ts';
import { dropAbandonedNames, notesFolder } from './session-directory.ts';

/** What an orchestrator does with each complete file. */
export interface FinishSteps {
  /**
   * @param directory holds the file @param metadata of the session's request
   * @returns whether it has finished; it may be cut off by the end of the server, and the next server starts it again
   * @throws SessionFailure finish: it failed and is not retried
   */
  run(directory: string, metadata: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** Ends running steps. Idempotent. */
  close(): Promise<void>;
}

const DetailsSchema = z.object({
  /** Name of the MP4 file; further ones have a number. Undefined: the directory is one of the first version. */
  file: z.string().optional(),
  /** Metadata for the finish steps. */
  metadata: z.record(z.string(), z.unknown()).default({}),
  /** Whether the finish steps have ended. */
  finalized: z.boolean().default(false),
  /** Names of files that were in the directory before. */
  before: z.array(z.string()).default([]),
});

/** The data of a session in its manifest. */
export type SessionDetails = z.output<typeof DetailsSchema>;

export interface SessionMediaOptions {
  /** Absolute path of the folder with the directories of all sessions. */
  readonly recordings: string;
  readonly steps: Pick<FinishSteps, 'run'>;
  /** Upload target of sessions of the first version; undefined: they stay on this host. */
  readonly upload: { readonly prefix: string } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface StepsResult {
  readonly ended: boolean;
  readonly failure?: Error;
}

/** The MP4 files of recorder sessions, in directories that sessions share with each other and with other programs. */
export class SessionMedia implements MediaKind {
  readonly name = 'session';
  readonly title = 'A recorder session';
  readonly root: string;
  readonly manifests: string;
  readonly #options: SessionMediaOptions;
  /** Results of finish steps by path of the file, until they are in the manifest. */
  readonly #finalized = new Map<string, StepsResult>();

  constructor(options: SessionMediaOptions) {
    this.root = options.recordings;
    this.manifests = notesFolder(options.recordings);
    this.#options = options;
  }

  async prepare(): Promise<void> {
    await dropAbandonedNames(this.manifests, this.#options.clock.now());
  }

  /** The session's files, and after the finish steps also the files that they have left. */
  traits(name: string, { details, files }: MediaManifest) {
    const { file, finalized, before } = DetailsSchema.parse(details ?? {});
    if (file === undefined) return files[name] && {};
    const isNew = !before.includes(name);
    if (isFileOf(file, name)) return isNew ? {} : undefined;
    if (!finalized || name.endsWith('.mp4')) return undefined;
    return name === 'metadata.json' || isNew ? {} : undefined;
  }

  async finish({
    folder,
    manifest,
    interrupted,
    signal,
    onComplete,
    keep,
  }: EndedMedia): Promise<FinishResult | undefined> {
    const { clock, logger } = this.#options;
    const details = DetailsSchema.parse(manifest.details ?? {});
    const { file, before } = details;
    if (file === undefined) return undefined;
    const isOurs = (name: string) => isFileOf(file, name) && !before.includes(name);
    if (interrupted) await adoptWorkingFolders(folder, clock.now());
    await completeMp4(folder, { logger, signal }, isOurs);
    onComplete();
    if (details.finalized || !(await hasMedia(folder, isOurs))) return undefined;
    const path = join(folder, file);
    const result = this.#finalized.get(path) ?? (await this.#run(folder, details));
    if (!result.ended) return { isCutOff: true };
    // Noted in memory until the disk takes it: they must not run twice.
    this.#finalized.set(path, result);
    await keep({ ...details, finalized: true });
    this.#finalized.delete(path);
    if (result.failure) throw result.failure;
    return undefined;
  }

  async #run(folder: string, { metadata }: SessionDetails): Promise<StepsResult> {
    return await this.#options.steps.run(folder, metadata).then(
      (ended) => ({ ended }),
      (failure: Error) => ({ ended: true, failure }),
    );
  }

  upgrade(value: unknown, modifiedAt: number): MediaManifest | undefined {
    const journal = earlierJournal(value, this.#options.clock.now() - modifiedAt);
    if (!journal) return undefined;
    const { upload } = this.#options;
    return { ...journal, kind: this.name, ...(upload && { upload }) };
  }

  async strays(known: ReadonlySet<string>, isFirst: boolean): Promise<readonly Stray[]> {
    return await earlierSessions(this.root, { known, isFirst, now: this.#options.clock.now() });
  }
}

/** Names of the session's files: a change of the encoding starts another one. */
function isFileOf(file: string, name: string): boolean {
  const stem = file.slice(0, -'.mp4'.length);
  return name === file || (name.startsWith(`${stem}-`) && /^\d+\.mp4$/.test(name.slice(stem.length + 1)));
}

async function hasMedia(folder: string, isOurs: (name: string) => boolean): Promise<boolean> {
  for (const name of await readdir(folder)) {
    if (isOurs(withoutMark(name)) && (await stat(join(folder, name))).size > 0) return true;
  }
  return false;
}
