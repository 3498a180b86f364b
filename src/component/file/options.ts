import { z } from 'zod';
import type { GivenOptions } from '../component-kind.ts';
import { castOption, castOptions, nullable, text, wholeNumber } from '../option-cast.ts';

/** Pictures per second that can be asked for at most; no camera or screen has more. */
const maxFramerate = 1000;

/** docs/contracts/fishjam-rest.md 6.4. */
export const ComponentOptionsFile = z
  .object({
    filePath: text()
      .describe('Path to track file, relative to the folder of sources: Opus encapsulated in Ogg, or raw H264')
      .meta({ example: 'intro/video.h264' }),
    framerate: nullable(wholeNumber(1, maxFramerate)).describe('Frame rate; for video only').meta({ example: 30 }),
  })
  .meta({
    id: 'ComponentOptionsFile',
    title: 'ComponentOptionsFile',
    description: 'Options specific to the File component',
  });

/** `framerate`: frames per second, of any size until {@link checkFramerate} has seen it; `null` = not given. */
export type FileOptions = z.output<typeof ComponentOptionsFile>;

const FilePath = ComponentOptionsFile.pick({ filePath: true });
const AnyFramerate = nullable(wholeNumber(Number.MIN_SAFE_INTEGER));

/**
 * The options, as far as they can be judged without looking at the file.
 * @throws ShoalError optionMissing, invalidFramerate, invalidBody
 */
export function readFileOptions(options: GivenOptions): FileOptions {
  // A missing path comes before a wrong frame rate, and that one before a wrong path.
  if (Object.hasOwn(options, 'filePath')) castOption(AnyFramerate, options.framerate, 'invalidFramerate');
  const { filePath } = castOptions(FilePath, options, ['filePath']);
  return { filePath, framerate: castOption(AnyFramerate, options.framerate, 'invalidFramerate') };
}

/** Comes after the look at the file. @throws ShoalError invalidFramerate when it is out of bounds */
export function checkFramerate(framerate: number | null): void {
  castOption(ComponentOptionsFile.shape.framerate, framerate, 'invalidFramerate');
}

/** docs/contracts/fishjam-rest.md 3.4. */
export const ComponentPropertiesFile = z
  .object({
    filePath: z.string().describe('Relative path to track file: Opus encapsulated in Ogg, or raw H264'),
    framerate: z.int().nullable().describe('Frame rate of the video; null for audio').meta({ example: 30 }),
  })
  .meta({
    id: 'ComponentPropertiesFile',
    title: 'ComponentPropertiesFile',
    description: 'Properties specific to the File component',
  });

export type FileProperties = z.output<typeof ComponentPropertiesFile>;
