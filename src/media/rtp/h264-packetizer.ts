import { nalType, typeOf } from './nal-unit.ts';

/** Maximum payload of a packet, in bytes: with all headers it fits into an unfragmented packet on the Internet. */
export const payloadLimit = 1200;

/**
 * The payloads of an access unit (RFC 6184, packetization mode 1): parameter sets and SEI before the first slice share a packet; slices
 * are sent alone or in fragments. The marker bit belongs to the last one.
 */
export function packetizeAccessUnit(nals: readonly Buffer[], limit = payloadLimit): Buffer[] {
  const payloads: Buffer[] = [];
  let small: Buffer[] = [];
  const flush = () => {
    if (small.length > 0) payloads.push(small.length > 1 ? aggregate(small) : (small[0] as Buffer));
    small = [];
  };
  for (const nal of nals) {
    if (nal.length === 0 || isSuperfluous(nal)) continue;
    if (!isDescription(nal) || nal.length + 3 > limit) {
      flush();
      payloads.push(...fragment(nal, limit));
      continue;
    }
    if (aggregateLength(small) + 2 + nal.length > limit) flush();
    small.push(nal);
  }
  flush();
  return payloads;
}

/** Splits payloads that exceed our limit: units become fragments, fragments smaller ones, aggregates their units. */
export function splitPayload(payload: Buffer, limit = payloadLimit): Buffer[] {
  if (payload.length <= limit) return [payload];
  const type = typeOf(payload);
  if (type === nalType.fuA) return refragment(payload, limit);
  if (type === nalType.stapA) return unitsOfAggregate(payload).flatMap((nal) => fragment(nal, limit));
  return fragment(payload, limit);
}

/** Whether decoders do not need the unit: delimiters and filler. */
export function isSuperfluous(nal: Buffer): boolean {
  const type = typeOf(nal);
  return type === nalType.accessUnitDelimiter || type === nalType.filler;
}

/** STAP-A: several units in one packet. @param nals at least one, each shorter than 64 KiB */
export function aggregate(nals: readonly Buffer[]): Buffer {
  // The header has the highest NRI of the units.
  const importance = Math.max(...nals.map((nal) => (nal[0] ?? 0) & 0x60));
  const parts = nals.flatMap((nal) => [Buffer.from([nal.length >> 8, nal.length & 0xff]), nal]);
  return Buffer.concat([Buffer.from([importance | nalType.stapA]), ...parts]);
}

/** Maximum number of units of an aggregate that are read: work is done for each, and more is an attack or an error. */
const maxUnits = 256;

/** The units of a STAP-A; an incomplete last one is dropped. */
export function unitsOfAggregate(payload: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let position = 1; position + 2 < payload.length && nals.length < maxUnits; ) {
    const end = position + 2 + payload.readUInt16BE(position);
    if (end > payload.length) break;
    if (end > position + 2) nals.push(payload.subarray(position + 2, end));
    position = end;
  }
  return nals;
}

/** Whether the unit is a parameter set or SEI. */
export function isDescription(nal: Buffer): boolean {
  const type = typeOf(nal);
  return type === nalType.sps || type === nalType.pps || type === nalType.sei;
}

function aggregateLength(nals: readonly Buffer[]): number {
  return nals.reduce((sum, nal) => sum + 2 + nal.length, 1);
}

function fragment(nal: Buffer, limit: number): Buffer[] {
  if (nal.length <= limit) return [nal];
  const header = nal.readUInt8(0);
  return fragments(nal.subarray(1), { indicator: (header & 0xe0) | nalType.fuA, type: header & 0x1f }, limit);
}

function refragment(payload: Buffer, limit: number): Buffer[] {
  const header = payload.readUInt8(1);
  const { first, last } = { first: (header & 0x80) !== 0, last: (header & 0x40) !== 0 };
  return fragments(payload.subarray(2), { indicator: payload.readUInt8(0), type: header & 0x1f, first, last }, limit);
}

interface FragmentedUnit {
  readonly indicator: number;
  readonly type: number;
  /** Whether the bytes are the start of the unit. Default true. */
  readonly first?: boolean;
  /** Whether the bytes are the end of the unit. Default true. */
  readonly last?: boolean;
}

/** FU-A: one unit in several packets. */
function fragments(bytes: Buffer, { indicator, type, first = true, last = true }: FragmentedUnit, limit: number) {
  const payloads: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += limit - 2) {
    const end = Math.min(start + limit - 2, bytes.length);
    const starts = first && start === 0 ? 0x80 : 0;
    const ends = last && end === bytes.length ? 0x40 : 0;
    payloads.push(Buffer.concat([Buffer.from([indicator, starts | ends | type]), bytes.subarray(start, end)]));
  }
  return payloads;
}
