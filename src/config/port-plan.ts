import { ConfigError } from './config-error.ts';
import type { PortRange } from './text-form.ts';

/** Who uses which UDP ports of `FJ_WEBRTC_TURN_PORT_RANGE`. The parts do not overlap. */
export interface PortPlan {
  /** Ports of the embedded TURN server: where clients come in, and where it relays from. */
  readonly turn?: { readonly listen: number; readonly relay: PortRange };
  /** Ports of the media workers. */
  readonly media: PortRange;
}

/** Below this, half a dozen legacy clients would already run out of ports. */
const minPorts = 10;

/**
 * Divides the range, so that an operator who published it for Fishjam needs to publish nothing else.
 *
 * With the embedded TURN server the first port is its listener. Of the rest, relays get two thirds and media one third: a client
 * that uses the relay makes an allocation per TURN entry, and holds those of two ICE restarts, while it has a single media port.
 * @param minMediaPorts how many media ports there must be at least (one per worker when each takes a fixed one)
 */
export function planPorts(range: PortRange, embeddedTurn: boolean, minMediaPorts = 1, name = rangeName): PortPlan {
  const first = Math.max(1, range.min);
  const size = range.max - first + 1;
  if (!embeddedTurn) {
    if (size < minMediaPorts) throw tooSmall(name, range, minMediaPorts);
    return { media: { min: first, max: range.max } };
  }
  const needed = Math.max(minPorts, 2 + Math.max(minMediaPorts, 1) * 2);
  if (size < needed) throw tooSmall(name, range, needed);
  const media = Math.max(Math.floor((size - 1) / 3), minMediaPorts);
  const firstMedia = range.max - media + 1;
  return {
    turn: { listen: first, relay: { min: first + 1, max: firstMedia - 1 } },
    media: { min: firstMedia, max: range.max },
  };
}

const rangeName = 'FJ_WEBRTC_TURN_PORT_RANGE';

function tooSmall(name: string, range: PortRange, needed: number): ConfigError {
  return new ConfigError(
    `${name} is too small: ${range.min}-${range.max} has to hold the TURN listener, relay and media ports, at least ${needed} in all.`,
  );
}
