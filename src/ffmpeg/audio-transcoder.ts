import type { Logger } from '../log/logger.ts';
import type { SupervisedProcess } from '../process/supervised-process.ts';
import { filterProcess } from './filter-process.ts';

/** One packet per page: a page comes out as soon as it is full. */
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

/** An ffmpeg, not started yet, that makes Opus in an Ogg of AAC in ADTS, from standard input to standard output. */
export function audioTranscoder(logger: Logger): SupervisedProcess {
  return filterProcess({ name: 'audio-transcoder', args, logger });
}
