/** Where an output writes its files. */
export interface OutputPlace {
  /**
   * Makes it. Called once.
   * @param onFull called when the disk soon is
   * @returns the folder; undefined when too little space is left
   */
  open(onFull: () => void): Promise<string | undefined>;
  /** Nobody writes any more; resolves when the files have their names. Idempotent. */
  close(): Promise<void>;
}
