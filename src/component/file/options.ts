import { z } from 'zod';
import type { GivenOptions } from '../component-kind.ts';
import { castOption, castOptions, nullable, wholeNumber } from '../option-cast.ts';

/** Maximum frame rate, in frames per second; no camera or screen has more. */
const maxFramerate = 1000;

/** docs/contracts/fishjam-rest.md 6.4. */
export const ComponentOptionsFile = z
  .object({
    filePath: z
      .string()
      .describe('Path to track file, relative to the folder of sources: Opus encapsulated in Ogg, or raw H264')
      .meta({ example: 'intro/video.h264' }),
    framerate: nullable(wholeNumber(1, maxFramerate)).describe('Frame rate; for video only').meta({ example: 30 }),
  })
  .meta({ id: 'ComponentOptionsFile', description: 'Options specific to the File component' });

/** `framerate`: frames per second, any integer until {@link checkFramerate}; `null`: not given. */
export type FileOptions = z.output<typeof ComponentOptionsFile>;

const FilePath = ComponentOptionsFile.pick({ filePath: true });
const AnyFramerate = nullable(wholeNumber(Number.MIN_SAFE_INTEGER));

/**
 * Reads the options, as far as they can be checked without the file.
 * @throws ShoalError optionMissing, invalidFramerate, invalidBody
 */
export function readFileOptions(options: GivenOptions): FileOptions {
  // A missing path comes before a wrong frame rate, and that one before a wrong path.
  if (Object.hasOwn(options, 'filePath')) castOption(AnyFramerate, options.framerate, 'invalidFramerate');
  const { filePath } = castOptions(FilePath, options, ['filePath']);
  return { filePath, framerate: castOption(AnyFramerate, options.framerate, 'invalidFramerate') };
}

/** To be called once the file has been found. @throws ShoalError invalidFramerate when it is out of range */
export function checkFramerate(framerate: number | null): void {
  castOption(ComponentOptionsFile.shape.framerate, framerate, 'invalidFramerate');
}

/** docs/contracts/fishjam-rest.md 3.4. */
export const ComponentPropertiesFile = z
  .object({
    filePath: z.string().describe('Relative path to track file: Opus encapsulated in Ogg, or raw H264'),
    framerate: z.int().nullable().describe('Frame rate of the video; null for audio').meta({ example: 30 }),
  })
  .meta({ id: 'ComponentPropertiesFile', description: 'Properties specific to the File component' });

export type FileProperties = z.output<typeof ComponentPropertiesFile>;
