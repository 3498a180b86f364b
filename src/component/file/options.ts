import { z } from 'zod';
import type { GivenOptions } from '../component-kind.ts';
import { castOption, castOptions, nullable, text, wholeNumber } from '../option-cast.ts';

const schema = z.object({ filePath: text() });

/** `framerate`: pictures per second as given, not yet compared with the file; `null` = not given. */
export interface FileOptions {
  readonly filePath: string;
  readonly framerate: number | null;
}

/**
 * docs/contracts/fishjam-rest.md 6.4, as far as the options can be judged without looking at the file.
 * @throws ShoalError optionMissing, invalidFramerate, invalidBody
 */
export function readFileOptions(options: GivenOptions): FileOptions {
  // A missing path comes before a wrong frame rate, and that one before a wrong path.
  if (Object.hasOwn(options, 'filePath')) castFramerate(options);
  const { filePath } = castOptions(schema, options, ['filePath']);
  return { filePath, framerate: castFramerate(options) };
}

function castFramerate({ framerate }: GivenOptions): number | null {
  return castOption(nullable(wholeNumber(Number.MIN_SAFE_INTEGER)), framerate, 'invalidFramerate');
}
