import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { BatchTimer } from '../../../workers/track-recorder/batch-timer.ts';
import { MatroskaFile } from '../../../workers/track-recorder/matroska-file.ts';
import type { TrackFormat } from '../../../workers/track-recorder/track-format.ts';

/** Frames of 2 Mbit/s, and so many files of them at once, for so many seconds. */
const [frameLength, frameRate] = [8333, 30];
const [files, seconds] = [50, 5];
/** Frames between keyframes. */
const group = frameRate;
const format: TrackFormat = { codec: 'vp8', key: 'vp8', width: 1280, height: 720 };

interface FrameWriter {
  readonly write: (frame: number) => void;
  readonly close: () => Promise<void>;
}

/** Writes frames as a track recorder does. @returns µs of a processor for each */
export async function writtenInBatches(folder: string): Promise<number> {
  const batchTimer = new BatchTimer(monotonicClock);
  const onFailure = (error: Error) => {
    throw error;
  };
  const data = Buffer.alloc(frameLength);
  return await measure((index) => {
    const file = new MatroskaFile({ path: join(folder, `${index}.mkv`), format, batchTimer, onFailure });
    // keyframes do not come all at once
    const write = (frame: number) =>
      file.add({ data, key: (frame + index) % group === 0, time: Math.round((frame * 1000) / frameRate) });
    return { write, close: () => file.close() };
  });
}

/** Writes as many bytes, each frame for itself. @returns µs of a processor for each */
export async function writtenOneByOne(folder: string): Promise<number> {
  const data = Buffer.alloc(frameLength);
  return await measure(async (index) => {
    const handle = await open(join(folder, `${index}.plain`), 'ax');
    let writing: Promise<unknown> = Promise.resolve();
    const write = () => {
      writing = writing.then(() => handle.write(data));
    };
    const close = async () => {
      await writing;
      await handle.close();
    };
    return { write, close };
  });
}

async function measure(start: (index: number) => FrameWriter | Promise<FrameWriter>): Promise<number> {
  const writers = await Promise.all(Array.from({ length: files }, (_, index) => start(index)));
  const before = process.cpuUsage();
  const begin = monotonicClock.monotonic();
  for (let frame = 0; frame < frameRate * seconds; frame += 1) {
    const due = begin + (frame * 1000) / frameRate;
    await new Promise<void>((resolve) =>
      monotonicClock.schedule(Math.max(due - monotonicClock.monotonic(), 0), resolve),
    );
    for (const { write } of writers) write(frame);
  }
  const { user, system } = process.cpuUsage(before);
  await Promise.all(writers.map(({ close }) => close()));
  return (user + system) / (frameRate * seconds * files);
}
