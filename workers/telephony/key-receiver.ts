import type { RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { timestampDistance } from '../../src/media/rtp/rtp-packet.ts';
import { keyOf, readTelephoneEvent, type TelephoneEvent } from '../../src/media/rtp/telephone-event.ts';

/** Maximum duration that one packet can tell. */
const maxDuration = 0xffff;
/** By so much a part of a long event may be shorter, in ticks: senders count in whole packets. */
const tolerance = 4000;
/** Events that are so much older than the last one, in ticks, are late; those before have numbers of a new kind. */
const maxLate = 1_000_000;

interface LastEvent extends Pick<TelephoneEvent, 'event'> {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly ended: boolean;
}

/** Finds the keys in the events of a phone, each of which is sent in many packets (RFC 4733 section 2.5.2): one that arrives is enough. */
export class KeyReceiver {
  #last: LastEvent | undefined;

  /** @returns the key if this is the first packet of its event that arrives */
  push({
    payload,
    timestamp,
    marker,
    ssrc,
  }: Pick<RtpPacket, 'payload' | 'timestamp' | 'marker' | 'ssrc'>): string | undefined {
    const event = readTelephoneEvent(payload);
    if (!event) return undefined;
    const before = this.#last?.ssrc === ssrc ? this.#last : undefined;
    const distance = before && timestampDistance(before.timestamp, timestamp);
    if (before?.event === event.event && distance === 0) {
      this.#last = { ...before, ended: before.ended || event.end };
      return undefined;
    }
    if (distance !== undefined && distance < 0 && distance > -maxLate) return undefined;
    this.#last = { event: event.event, ssrc, timestamp, ended: event.end };
    const goesOn = before?.event === event.event && !before.ended && !marker && isNextPart(distance ?? 0);
    return goesOn ? undefined : keyOf(event);
  }
}

/** Whether a new timestamp is that of the next part of an event that is longer than a packet can tell (RFC 4733 section 2.5.1.3). */
function isNextPart(distance: number): boolean {
  return distance > maxDuration - tolerance && distance <= maxDuration + 1;
}
