/** A key of a telephone, as it is sent in RTP (RFC 4733 section 2.3). */
export interface TelephoneEvent {
  /** 0 to 15 are the keys `0-9*#ABCD`. */
  readonly event: number;
  /** Whether the key is no longer pressed. */
  readonly end: boolean;
  /** 0 to 63: power level in dBm0, without its sign. */
  readonly volume: number;
  /** Since the timestamp of the packet, in ticks: 0 to 65535. */
  readonly duration: number;
}

const keys = '0123456789*#ABCD';
const eventLength = 4;

/** The key of an event; undefined for other events, such as a hook flash. */
export function keyOf({ event }: Pick<TelephoneEvent, 'event'>): string | undefined {
  return keys[event];
}

/** The event of a key: one of `0-9*#ABCD`. Undefined for others. */
export function eventOf(key: string): number | undefined {
  const event = keys.indexOf(key);
  return event >= 0 && key.length === 1 ? event : undefined;
}

/** The first event of a packet; undefined when there is none. */
export function readTelephoneEvent(payload: Buffer): TelephoneEvent | undefined {
  if (payload.length < eventLength) return undefined;
  const flags = payload.readUInt8(1);
  return {
    event: payload.readUInt8(0),
    end: flags >= 0x80,
    volume: flags & 0x3f,
    duration: payload.readUInt16BE(2),
  };
}

/** @throws RangeError when a field is out of range */
export function writeTelephoneEvent({ event, end, volume, duration }: TelephoneEvent): Buffer {
  const bytes = Buffer.alloc(eventLength);
  bytes.writeUInt8(event, 0);
  bytes.writeUInt8((end ? 0x80 : 0) | (volume & 0x3f), 1);
  bytes.writeUInt16BE(duration, 2);
  return bytes;
}
