// Runs in a page before its scripts do. Reads the numbers of the pictures that its video shows.

import type { NumberReader } from '../shown-picture.ts';
import { numberBits } from './number-bits.ts';

/** The picture is looked at this small. */
const [columns, rows] = [240, 135];

const reader: NumberReader = { pictures: [], illegible: 0, offsets: [] };
Object.assign(globalThis, { numberReader: reader });

function watch(video: HTMLVideoElement): void {
  const canvas = Object.assign(document.createElement('canvas'), { width: columns, height: rows });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let first = Number.POSITIVE_INFINITY;
  const look: VideoFrameRequestCallback = (_now, { mediaTime }) => {
    const at = Date.now();
    context?.drawImage(video, 0, 0, columns, rows);
    const number = context ? read(context.getImageData(0, 0, columns, rows).data) : undefined;
    if (number !== undefined) first = Math.min(first, mediaTime);
    // Before the first one there was no camera; a player may go back to that.
    if (number === undefined) reader.illegible += mediaTime > first ? 1 : 0;
    else reader.pictures.push({ number, at, mediaTime: mediaTime * 1000 });
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  // The player page says there how far it is behind the clock of the program.
  new MutationObserver(() => {
    const behind = Number.parseFloat(document.body.dataset.behind ?? '');
    if (Number.isFinite(behind)) reader.offsets.push(Date.now() - behind - video.currentTime * 1000);
  }).observe(document.body, { attributeFilter: ['data-behind'] });
}

function read(pixels: Uint8ClampedArray): number | undefined {
  let number = 0;
  for (const { bit, inverted, x, y, width, height } of numberBits) {
    const column = Math.floor((x + width / 2) * columns);
    const row = Math.floor((y + height / 2) * rows);
    const isWhite = (pixels[(row * columns + column) * 4] ?? 0) > 127;
    if (!inverted && isWhite) number += 2 ** bit;
    if (inverted && isWhite === (Math.floor(number / 2 ** bit) % 2 === 1)) return undefined;
  }
  return number;
}

addEventListener('DOMContentLoaded', () => {
  const video = document.querySelector('video');
  if (video) watch(video);
});
