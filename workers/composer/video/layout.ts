import type { Size } from '../../../src/media/size.ts';
import { evenBelow, type Rectangle } from './raw-frame.ts';

/** Margin around each tile when there is more than one, in pixels. */
const padding = 5;
/** Height of the bar above a screenshare, as a fraction. */
const barShare = 1 / 5;
/** Maximum aspect ratio of a tile in the bar. */
const barAspect = 16 / 9;

/** An item to be placed in the program. */
export interface LayoutItem {
  readonly id: string;
  readonly screenshare: boolean;
  /** Incremented with each new item. */
  readonly order: number;
}

/**
 * Lays out items: a nearly square grid with its last row centred, or a screenshare below a bar of the others. Of several screenshares the
 * newest gets the main area.
 */
export function arrange(items: readonly LayoutItem[], size: Size): Map<string, Rectangle> {
  const [shared] = items.filter(({ screenshare }) => screenshare).sort((a, b) => b.order - a.order);
  const others = items.filter((item) => item !== shared);
  const ids = others.map(({ id }) => id);
  if (!shared) return grid(ids, size);
  if (ids.length === 0) return grid([shared.id], size);
  const barHeight = size.height * barShare;
  const area = padded({ x: 0, y: barHeight, width: size.width, height: size.height - barHeight });
  return new Map([...bar(ids, { width: size.width, height: barHeight }), [shared.id, area]]);
}

function grid(ids: readonly string[], { width, height }: Size): Map<string, Rectangle> {
  const columns = Math.ceil(Math.sqrt(ids.length));
  const rows = Math.ceil(ids.length / columns);
  const cell = { width: width / columns, height: height / rows };
  const fit = ids.length > 1 ? padded : aligned;
  return new Map(
    ids.map((id, index) => {
      const row = Math.floor(index / columns);
      const inRow = Math.min(columns, ids.length - row * columns);
      const left = (width - inRow * cell.width) / 2;
      return [id, fit({ x: left + (index % columns) * cell.width, y: row * cell.height, ...cell })];
    }),
  );
}

function bar(ids: readonly string[], { width, height }: Size): Map<string, Rectangle> {
  const cell = { width: Math.min(width / ids.length, height * barAspect), height };
  const left = (width - ids.length * cell.width) / 2;
  return new Map(ids.map((id, index) => [id, padded({ x: left + index * cell.width, y: 0, ...cell })]));
}

function padded({ x, y, width, height }: Rectangle): Rectangle {
  // many tiles leave no space for margins
  const margin = Math.min(padding, width / 4, height / 4);
  return aligned({ x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin });
}

/** The largest rectangle with even numbers inside; never empty. */
function aligned({ x, y, width, height }: Rectangle): Rectangle {
  const [left, top] = [evenBelow(x + 1), evenBelow(y + 1)];
  return {
    x: left,
    y: top,
    width: Math.max(evenBelow(x + width - left), 2),
    height: Math.max(evenBelow(y + height - top), 2),
  };
}
