import type { Logger } from '../log/logger.ts';
import type { SupervisedProcess } from '../process/supervised-process.ts';
import { filterProcess } from './filter-process.ts';

/** One packet per page, so that each packet is written at once. */
const args = [
  ...[
    '-f',
    'aac',
    '-i',
    'pipe:0',
    '-c:a',
    'libopus',
    '-ac',
    '2',
    '-ar',
    '48000',
    '-b:a',
    '96k',
    '-frame_duration',
    '20',
  ],
  ...['-page_duration', '20000', '-flush_packets', '1', '-f', 'ogg'],
];

/** An ffmpeg process, not started yet, that transcodes AAC in ADTS on standard input to Opus in Ogg on standard output. */
export function audioTranscoder(logger: Logger): SupervisedProcess {
  return filterProcess({ name: 'audio-transcoder', args, logger });
}
