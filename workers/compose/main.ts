// Makes room.mp4 of the tracks of a finished recording. Usage: npm run compose -- <folder>
// where <folder> is a raw_recordings/<room>/part_<time> with a report.json.

import { resolve } from 'node:path';
import { composeRecording } from './compose-recording.ts';
import { ProgressBar } from './progress-bar.ts';

const [folder, ...others] = process.argv.slice(2);
if (folder === undefined || others.length > 0) {
  console.error('usage: npm run compose -- <folder of a recording>');
  process.exit(2);
}
const bar = new ProgressBar(process.stderr);
try {
  const path = await composeRecording(resolve(folder), (share) => bar.update(share));
  bar.end();
  console.log(path);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
