import { z } from 'zod';
import type { GivenOptions } from '../component-kind.ts';
import { castOptions, flag, wholeNumber } from '../option-cast.ts';

/** Default of `rtpPort`. */
export const defaultRtpPort = 20_000;

const sourceUri = 'URI of RTSP source stream';
const rtpPort = 'Local port RTP stream will be received at';
const reconnectDelay = 'Delay (in ms) between successive reconnect attempts';
const keepAliveInterval = 'Interval (in ms) in which keep-alive RTSP messages will be sent to the remote stream source';
const pierceNat = 'Whether an empty datagram is sent to the source after the RTSP setup, to create a NAT binding';

/** docs/contracts/fishjam-rest.md 6.3. */
export const ComponentOptionsRTSP = z
  .object({
    sourceUri: z.string().describe(sourceUri).meta({ example: 'rtsp://localhost:554/stream' }),
    rtpPort: wholeNumber(1, 65_535).prefault(defaultRtpPort).describe(rtpPort),
    reconnectDelay: wholeNumber(0).prefault(15_000).describe(reconnectDelay),
    keepAliveInterval: wholeNumber(0).prefault(15_000).describe(keepAliveInterval),
    pierceNat: flag().prefault(true).describe(pierceNat),
  })
  .meta({ id: 'ComponentOptionsRTSP', description: 'Options specific to the RTSP component' });

type AllOptions = z.output<typeof ComponentOptionsRTSP>;

/**
 * `rtpPort`: undefined when not requested, then any free pair of ports is used. `reconnectDelay`, `keepAliveInterval`: in ms.
 */
export type RtspOptions = Omit<AllOptions, 'rtpPort'> & Partial<Pick<AllOptions, 'rtpPort'>>;

/** Reads the options; the URI is not validated. @throws ShoalError optionMissing, invalidBody */
export function readRtspOptions(given: GivenOptions): RtspOptions {
  const { rtpPort, ...options } = castOptions(ComponentOptionsRTSP, given, ['sourceUri']);
  return given.rtpPort === undefined ? options : { ...options, rtpPort };
}

/** docs/contracts/fishjam-rest.md 3.4. */
export const ComponentPropertiesRTSP = z
  .object({
    sourceUri: z.string().describe(sourceUri),
    rtpPort: z.int().describe(rtpPort),
    reconnectDelay: z.int().describe(reconnectDelay),
    keepAliveInterval: z.int().describe(keepAliveInterval),
    pierceNat: z.boolean().describe(pierceNat),
  })
  .meta({ id: 'ComponentPropertiesRTSP', description: 'Properties specific to the RTSP component' });

export type RtspProperties = z.output<typeof ComponentPropertiesRTSP>;
