import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { withoutMark } from '../storage/atomic-file.ts';
import { completeMp4 } from '../storage/complete-mp4.ts';
import type { EndedMedia, FinishResult, MediaKind, Stray } from '../storage/media-kind.ts';
import type { MediaManifest } from '../storage/media-manifest.ts';
import { adoptWorkingFolders, earlierJournal, earlierSessions } from './earlier-sessions.ts';

/** What whoever orders recordings wants done with each complete file. */
export interface FinishSteps {
  /**
   * @param directory holds the file @param metadata of the session's request
   * @returns whether all is done; the end of the server may cut it off, and the next server begins it anew
   * @throws SessionFailure finish: the machine could not do it; it is done with then
   */
  run(directory: string, metadata: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** Ends what still runs. Idempotent. */
  close(): Promise<void>;
}

const DetailsSchema = z.object({
  /** Name of the MP4 file; further ones have a number. Undefined: everything in the directory was handed over by the first version. */
  file: z.string().optional(),
  /** What the finish steps are told. */
  metadata: z.record(z.string(), z.unknown()).default({}),
  /** Whether the finish steps have ended. */
  finalized: z.boolean().default(false),
  /** Names of what was in the directory before. */
  before: z.array(z.string()).default([]),
});

/** What the manifest of a session holds beside what all have. */
export type SessionDetails = z.output<typeof DetailsSchema>;

export interface SessionMediaOptions {
  /** Folder of the directories of all sessions, absolute. */
  readonly recordings: string;
  readonly steps: Pick<FinishSteps, 'run'>;
  /** How sessions of the first version are uploaded; undefined: they stay here. */
  readonly upload: { readonly prefix: string } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** MP4 files of recorder sessions, in directories that sessions share with each other and with whoever reads them. */
export class SessionMedia implements MediaKind {
  readonly name = 'session';
  readonly title = 'A recorder session';
  readonly root: string;
  readonly manifests: string;
  readonly #options: SessionMediaOptions;

  constructor(options: SessionMediaOptions) {
    this.root = options.recordings;
    this.manifests = join(options.recordings, '.sessions');
    this.#options = options;
  }

  /** Its own files, and once the finish steps have ended what they have left. */
  traits(name: string, { details, files }: MediaManifest) {
    const { file, finalized, before } = DetailsSchema.parse(details ?? {});
    if (file === undefined) return files[name] && {};
    if (isFileOf(file, name)) return {};
    if (!finalized || name.endsWith('.mp4')) return undefined;
    return name === 'metadata.json' || !before.includes(name) ? {} : undefined;
  }

  async finish({ folder, manifest, interrupted, onComplete, keep }: EndedMedia): Promise<FinishResult | undefined> {
    const { clock, logger, steps } = this.#options;
    const details = DetailsSchema.parse(manifest.details ?? {});
    const { file } = details;
    if (file === undefined) return undefined;
    if (interrupted) await adoptWorkingFolders(folder, clock.now());
    await completeMp4(folder, logger, (name) => isFileOf(file, name));
    onComplete();
    if (details.finalized || !(await hasMedia(folder, file))) return undefined;
    const finalized = await steps.run(folder, details.metadata).catch(async (error: unknown) => {
      await keep({ ...details, finalized: true });
      throw error;
    });
    if (!finalized) return { isCutOff: true };
    await keep({ ...details, finalized });
    return undefined;
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

/** Another one begins when the program is encoded differently. */
function isFileOf(file: string, name: string): boolean {
  const stem = file.slice(0, -'.mp4'.length);
  return name === file || (name.startsWith(`${stem}-`) && /^\d+\.mp4$/.test(name.slice(stem.length + 1)));
}

async function hasMedia(folder: string, file: string): Promise<boolean> {
  for (const name of await readdir(folder)) {
    if (isFileOf(file, withoutMark(name)) && (await stat(join(folder, name))).size > 0) return true;
  }
  return false;
}
