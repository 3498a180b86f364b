import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { Clock } from '../../clock/clock.ts';
import type { ProgramConfig } from '../../config/program.ts';
import type { Logger } from '../../log/logger.ts';
import { completeMp4 } from '../../output/complete-mp4.ts';
import { makeFolder, syncFolder } from '../../storage/atomic-file.ts';
import { folderName } from '../../storage/folder-name.ts';
import type { EndedMedia, FinishResult, MediaKind } from '../../storage/media-kind.ts';
import { composeAfterwards } from './compose-afterwards.ts';
import { reportName } from './recording-report.ts';
import { completeTrackFile } from './track-file-index.ts';
import { repairTracks, untilQuiet } from './track-repair.ts';

export interface RecordingMediaOptions {
  /** Absolute path of `raw_recordings`. */
  readonly root: string;
  /** Settings of recordings that are composed afterwards. */
  readonly settings: Pick<ProgramConfig, 'width' | 'height' | 'frameRate' | 'audioChannels'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @defaultValue {@link composeAfterwards} */
  readonly compose?: typeof composeAfterwards;
}

/** Names of the composite; further ones have a number. */
const compositeName = /^room(-\d+)?\.mp4$/;

/** The tracks of a room, each in a file of its own, with a report, and the composite if requested. */
export class RecordingMedia implements MediaKind {
  readonly name = 'recording';
  readonly title = 'A recording';
  readonly root: string;
  /** docs/contracts/fishjam-config.md 5.4 */
  readonly keepsEmptyFolders = true;
  readonly #options: RecordingMediaOptions;
  /** One at a time: each uses all the processor time that live programs leave. */
  readonly #composing = new PQueue({ concurrency: 1 });

  constructor(options: RecordingMediaOptions) {
    this.root = options.root;
    this.#options = options;
  }

  async prepare(): Promise<void> {
    await makeFolder(this.root);
  }

  /** docs/contracts/fishjam-config.md 4. Two recordings of the same microsecond get different folders. */
  async makeFolder(roomId: string, startedAt: number): Promise<string> {
    const room = join(this.root, folderName(roomId));
    await makeFolder(room);
    for (let micros = 0; ; micros += 1) {
      const path = join(room, `part_${partTime(startedAt, micros)}`);
      try {
        await mkdir(path);
        await syncFolder(room);
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || micros === 999) throw error;
      }
    }
  }

  traits(name: string) {
    const isTrack = name.endsWith('.mkv');
    return { last: name === reportName, appended: isTrack, headLast: isTrack };
  }

  async finish({ folder, manifest, interrupted, signal }: EndedMedia): Promise<FinishResult | undefined> {
    const { clock, logger } = this.#options;
    const { roomId, details } = manifest;
    if (interrupted) {
      await untilQuiet(folder, clock, signal);
      logger.info({ roomId, folder, ...(await repairTracks(folder)) }, 'The tracks of a recording are repaired.');
    }
    await this.#completeTracks(folder, signal);
    await completeMp4(folder, { logger, signal });
    if (details?.composed !== true || !(await lacksComposite(folder))) return undefined;
    logger.warn({ roomId, folder }, 'A recording was not composed while it went on; it is made of its tracks.');
    try {
      const { settings, compose = composeAfterwards } = this.#options;
      await this.#composing.add(() => compose({ folder, settings, logger, signal }));
      return undefined;
    } catch (err) {
      signal.throwIfAborted();
      logger.error({ err, roomId, folder }, 'A recording stays without its composition until the next start.');
      return { missing: 'The room could not be composed.' };
    }
  }

  /** Completes the files whose track recorder did not: it was killed. */
  async #completeTracks(folder: string, signal: AbortSignal): Promise<void> {
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.mkv'))) {
      signal.throwIfAborted();
      try {
        const isNew = await completeTrackFile(join(folder, file));
        if (isNew) this.#options.logger.info({ folder, file }, 'The file of a track is completed.');
      } catch (err) {
        this.#options.logger.warn({ err, folder, file }, 'The file of a track stays without duration and cues.');
      }
    }
  }
}

/** Whether there is media, but no composite. */
async function lacksComposite(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.some((name) => name.endsWith('.mkv')) && !names.some((name) => compositeName.test(name));
}

/** UTC with microseconds. */
function partTime(time: number, micros: number): string {
  const whole = Math.floor(time);
  const digits = String(Math.floor((time - whole) * 1000) + micros).padStart(3, '0');
  return new Date(whole).toISOString().replace('T', ' ').replace('Z', `${digits}Z`);
}
