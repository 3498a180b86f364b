import type { ProgramStatistics } from './composer-message.ts';

/** Faults that composers have made up for since their start. */
export type ProgramCounts = Omit<ProgramStatistics, 'frameRate'>;

/** Adds counts of several composers. */
export function addCounts(all: readonly ProgramCounts[]): ProgramCounts {
  const sum = (name: keyof ProgramCounts) => all.reduce((total, counts) => total + counts[name], 0);
  return {
    lateFrames: sum('lateFrames'),
    decoderRestarts: sum('decoderRestarts'),
    encoderRestarts: sum('encoderRestarts'),
  };
}
