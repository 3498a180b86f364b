/** A picture of which the number could be read. */
export interface ShownPicture {
  readonly number: number;
  /** When it was seen, in ms since the Unix epoch. */
  readonly at: number;
  /** Its time on the video's own timeline, in ms. */
  readonly mediaTime: number;
}

export interface NumberReader {
  readonly pictures: ShownPicture[];
  /** Pictures without a number. */
  illegible: number;
  /** What is to be added to times of the video's timeline to get those of the program, in ms since the epoch. */
  readonly offsets: number[];
}
