import { z } from 'zod';
import type { GivenOptions } from '../component-kind.ts';
import { castOptions, flag, text, wholeNumber } from '../option-cast.ts';

/** Default of `rtpPort`. */
export const defaultRtpPort = 20_000;

const schema = z.object({
  sourceUri: text(),
  rtpPort: wholeNumber(1, 65_535).optional(),
  reconnectDelay: wholeNumber(0).default(15_000),
  keepAliveInterval: wholeNumber(0).default(15_000),
  pierceNat: flag().default(true),
});

/**
 * `rtpPort`: undefined when the request left it open, so that any free pair of ports does. `reconnectDelay` and
 * `keepAliveInterval`: in ms.
 */
export type RtspOptions = z.output<typeof schema>;

/** docs/contracts/fishjam-rest.md 6.3; the URI is not looked at. @throws ShoalError optionMissing, invalidBody */
export function readRtspOptions(options: GivenOptions): RtspOptions {
  return castOptions(schema, options, ['sourceUri']);
}
