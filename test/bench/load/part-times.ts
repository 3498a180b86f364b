// Loaded into a server before it starts (`node --import`): says on descriptor 3 when each part of a stream is there for its viewers,
// in lines of `<segment> <part> <ms since the epoch> <its beginning, in ms since the epoch> <its length, in ms>`.

import { writeSync } from 'node:fs';
import { HlsStream } from '../../../src/component/hls/hls-stream.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';

const { fragment, endSegment } = HlsStream.prototype;
let [segment, part] = [0, 0];

HlsStream.prototype.fragment = function (piece) {
  const { wallClock, duration } = piece;
  writeSync(3, `${segment} ${part} ${monotonicClock.now()} ${wallClock} ${duration / 90}\n`);
  [segment, part] = piece.last ? [segment + 1, 0] : [segment, part + 1];
  fragment.call(this, piece);
};

HlsStream.prototype.endSegment = function () {
  [segment, part] = [segment + 1, 0];
  endSegment.call(this);
};
