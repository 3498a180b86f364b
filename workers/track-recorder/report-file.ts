import {
  type RecordedFile,
  type RecordingReport,
  readReport,
  writeReport,
} from '../../src/component/recording/recording-report.ts';

/** The fields that are updated while a file grows. */
export type FileProgress = Partial<Pick<RecordedFile, 'end_timestamp' | 'start_timestamp_wallclock' | 'left'>>;

/** The report of a running recording. On disk it is as of the last {@link save}, and always whole. */
export class ReportFile {
  readonly #folder: string;
  readonly #report: RecordingReport;
  #changed = false;
  #saving: Promise<void> = Promise.resolve();

  private constructor(folder: string, report: RecordingReport) {
    this.#folder = folder;
    this.#report = report;
  }

  /** Continues the report of an earlier track recorder in the folder. */
  static async open(folder: string, recordingId: string): Promise<ReportFile> {
    return new ReportFile(folder, (await readReport(folder)) ?? { recording_id: recordingId, tracks: {} });
  }

  /** Adds a file. Resolves when the report on disk has it. */
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

  /** Writes changes to disk. @throws when writing fails; the next call retries */
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
