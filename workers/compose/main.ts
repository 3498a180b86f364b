// Makes room.mp4 of the tracks of a finished recording. Usage: npm run compose -- <folder> [<size> [stereo]]
// where <folder> is a raw_recordings/<room>/part_<time> with a report.json, and <size> such as 1280x720@30; without them the
// composite is as the live one is by default.

import { constants, setPriority } from 'node:os';
import { resolve } from 'node:path';
import { composeRecording } from './compose-recording.ts';
import { ProgressBar } from './progress-bar.ts';

const [folder, size = '1920x1080@24', audio = 'mono', ...others] = process.argv.slice(2);
const [, width, height, frameRate] = /^(\d+)x(\d+)@(\d+)$/.exec(size) ?? [];
const audioChannels: 1 | 2 | undefined = audio === 'mono' ? 1 : audio === 'stereo' ? 2 : undefined;
if (folder === undefined || frameRate === undefined || audioChannels === undefined || others.length > 0) {
  console.error(
    'usage: npm run compose -- <folder of a recording> [<width>x<height>@<frames per second> [mono|stereo]]',
  );
  process.exit(2);
}
// lower priority, for child processes, too: live programs on this machine come first
setPriority(constants.priority.PRIORITY_LOW);
// an unfinished composite is removed before the process ends
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
const bar = new ProgressBar(process.stderr);
try {
  const options = { width: Number(width), height: Number(height), frameRate: Number(frameRate), audioChannels };
  const job = { onProgress: (share: number) => bar.update(share), signal: stop.signal };
  const path = await composeRecording(resolve(folder), options, job);
  bar.end();
  console.log(path);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
