/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export function isSameSize(one: Size | undefined, other: Size | undefined): boolean {
  return one?.width === other?.width && one?.height === other?.height;
}
