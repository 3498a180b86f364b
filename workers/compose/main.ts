// Makes room.mp4 of the tracks of a finished recording. Usage: npm run compose -- <folder> [<size>]
// where <folder> is a raw_recordings/<room>/part_<time> with a report.json, and <size> such as 1280x720@30; without it that of the
// live program by default.

import { constants, setPriority } from 'node:os';
import { resolve } from 'node:path';
import { composeRecording } from './compose-recording.ts';
import { ProgressBar } from './progress-bar.ts';

const [folder, size = '1920x1080@24', ...others] = process.argv.slice(2);
const [, width, height, frameRate] = /^(\d+)x(\d+)@(\d+)$/.exec(size) ?? [];
if (folder === undefined || frameRate === undefined || others.length > 0) {
  console.error('usage: npm run compose -- <folder of a recording> [<width>x<height>@<pictures per second>]');
  process.exit(2);
}
// with all that it starts: live programs on this machine go first
setPriority(constants.priority.PRIORITY_LOW);
const bar = new ProgressBar(process.stderr);
try {
  const options = { width: Number(width), height: Number(height), frameRate: Number(frameRate) };
  const path = await composeRecording(resolve(folder), (share) => bar.update(share), options);
  bar.end();
  console.log(path);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
