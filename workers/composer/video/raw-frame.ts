import type { Size } from '../../../src/media/size.ts';

/** A frame in planar YUV 4:2:0. Sizes are even. */
export interface RawFrame extends Size {
  readonly data: Buffer;
}

/** A colour in YUV, 16 to 235 and 16 to 240. */
export type Colour = readonly [y: number, u: number, v: number];

/** A rectangle in a frame, in pixels; all numbers are even. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

export const black: Colour = [16, 128, 128];

/** Size of a frame in bytes. */
export function rawFrameLength(width: number, height: number): number {
  return (width * height * 3) / 2;
}

export function createFrame(width: number, height: number, colour: Colour): RawFrame {
  const frame = { width, height, data: Buffer.allocUnsafe(rawFrameLength(width, height)) };
  fill(frame, { x: 0, y: 0, width, height }, colour);
  return frame;
}

/** Whether two frames look the same. Frames of different video mostly differ in their first bytes. */
export function isSame(one: RawFrame, other: RawFrame): boolean {
  return one.width === other.width && one.height === other.height && one.data.equals(other.data);
}

/** A plane of a frame. */
export interface Plane {
  readonly offset: number;
  /** Bytes per row. */
  readonly stride: number;
  /** Pixels of the frame per pixel of the plane, in each direction. */
  readonly scale: 1 | 2;
}

export function planesOf({ width, height }: RawFrame): readonly [Plane, Plane, Plane] {
  const luma = width * height;
  return [
    { offset: 0, stride: width, scale: 1 },
    { offset: luma, stride: width / 2, scale: 2 },
    { offset: luma * 1.25, stride: width / 2, scale: 2 },
  ];
}

export function fill(frame: RawFrame, { x, y, width, height }: Rectangle, colour: Colour): void {
  for (const [index, { offset, stride, scale }] of planesOf(frame).entries()) {
    for (let row = y / scale; row < (y + height) / scale; row += 1) {
      const start = offset + row * stride + x / scale;
      frame.data.fill(colour[index] ?? 0, start, start + width / scale);
    }
  }
}

/** Copies a frame into a larger one; it must fit at `x`, `y`. */
export function blit(from: RawFrame, to: RawFrame, x: number, y: number): void {
  const sources = planesOf(from);
  for (const [index, { offset, stride, scale }] of planesOf(to).entries()) {
    const source = sources[index] as Plane;
    const length = source.stride;
    let read = source.offset;
    let write = offset + (y / scale) * stride + x / scale;
    const rows = from.height / scale;
    // rows of the same length follow one another in both
    const together = length === stride ? rows : 1;
    for (let row = 0; row < rows; row += together) {
      from.data.copy(to.data, write, read, read + together * length);
      read += length;
      write += stride;
    }
  }
}

/** The largest size of the same aspect ratio that fits; even numbers. */
export function fitInside(from: Size, { width, height }: Size): Size {
  const factor = Math.min(width / from.width, height / from.height);
  return {
    width: Math.max(evenBelow(from.width * factor), 2),
    height: Math.max(evenBelow(from.height * factor), 2),
  };
}

/** Centres a size in a rectangle that it fits in. */
export function centre({ width, height }: Size, { x, y, ...area }: Rectangle): Rectangle {
  return { x: x + evenBelow((area.width - width) / 2), y: y + evenBelow((area.height - height) / 2), width, height };
}

/** Scales a frame by its nearest pixels, until there is a sharp one. */
export function scaleFrame(from: RawFrame, { width, height }: Size): RawFrame {
  const to = { width, height, data: Buffer.allocUnsafe(rawFrameLength(width, height)) };
  const sources = planesOf(from);
  for (const [index, { offset, stride, scale }] of planesOf(to).entries()) {
    const source = sources[index] as Plane;
    const [columns, rows] = [width / scale, height / scale];
    const [fromColumns, fromRows] = [from.width / scale, from.height / scale];
    const nearest = Uint32Array.from({ length: columns }, (_, column) => Math.floor((column * fromColumns) / columns));
    for (let row = 0; row < rows; row += 1) {
      const read = source.offset + Math.floor((row * fromRows) / rows) * source.stride;
      const write = offset + row * stride;
      for (let column = 0; column < columns; column += 1) {
        to.data[write + column] = from.data[read + (nearest[column] ?? 0)] ?? 0;
      }
    }
  }
  return to;
}

/** The largest even number that is not greater. */
export function evenBelow(value: number): number {
  return Math.floor(value / 2) * 2;
}
