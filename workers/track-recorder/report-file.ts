import {
  type RecordedFile,
  type RecordingReport,
  readReport,
  writeReport,
} from '../../src/storage/recording-report.ts';

/** What is filled in while a file grows. */
export type FileProgress = Partial<Pick<RecordedFile, 'end_timestamp' | 'start_timestamp_wallclock' | 'left'>>;

/** The report of a recording that goes on: on disk it is as old as the last {@link save}, and always whole. */
export class ReportFile {
  readonly #folder: string;
  readonly #report: RecordingReport;
  #changed = false;
  #saving: Promise<void> = Promise.resolve();

  private constructor(folder: string, report: RecordingReport) {
    this.#folder = folder;
    this.#report = report;
  }

  /** Goes on with the report that an earlier worker left in the folder. */
  static async open(folder: string, recordingId: string): Promise<ReportFile> {
    return new ReportFile(folder, (await readReport(folder)) ?? { recording_id: recordingId, tracks: {} });
  }

  /** Resolves when the report on disk has the file. */
  async add(name: string, file: RecordedFile): Promise<void> {
    this.#report.tracks[name] = file;
    this.#changed = true;
    await this.save();
  }

  note(name: string, progress: FileProgress): void {
    const file = this.#report.tracks[name];
    if (!file) return;
    Object.assign(file, progress);
    this.#changed = true;
  }

  /** Writes what is new. @throws when the disk does not take it; the next call tries again */
  async save(): Promise<void> {
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#save());
    await this.#saving;
  }

  async #save(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    try {
      await writeReport(this.#folder, this.#report);
    } catch (error) {
      this.#changed = true;
      throw error;
    }
  }
}
