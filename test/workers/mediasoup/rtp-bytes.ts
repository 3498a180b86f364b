/** RTP packets (RFC 3550, RFC 8285 one-byte form) taken apart and put together without the library that is under test. */

export interface RtpFields {
  payloadType: number;
  marker?: boolean;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  /** Value by id. */
  extensions: Record<number, Buffer>;
  payload: Buffer;
}

export interface ParsedRtp extends Required<RtpFields> {
  /** What stands between the extension block's length and the payload. */
  extensionBlock: Buffer;
}

export function serializeExtendedRtp(fields: RtpFields): Buffer {
  const elements = Object.entries(fields.extensions).map(([id, value]) =>
    Buffer.concat([Buffer.from([(Number(id) << 4) | (value.length - 1)]), value]),
  );
  const length = elements.reduce((sum, element) => sum + element.length, 0);
  const padding = Buffer.alloc((4 - (length % 4)) % 4);
  const header = Buffer.alloc(16);
  header[0] = 0x90;
  header[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  header.writeUInt16BE(fields.sequenceNumber, 2);
  header.writeUInt32BE(fields.timestamp, 4);
  header.writeUInt32BE(fields.ssrc, 8);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE((length + padding.length) / 4, 14);
  return Buffer.concat([header, ...elements, padding, fields.payload]);
}

export function parseExtendedRtp(packet: Buffer): ParsedRtp {
  if (packet.readUInt8(0) !== 0x90 && packet.readUInt8(0) !== 0xb0)
    throw new Error('Expected an extension and no CSRC');
  if (packet.readUInt16BE(12) !== 0xbede) throw new Error('Expected one-byte extensions');
  const end = 16 + 4 * packet.readUInt16BE(14);
  const extensions: Record<number, Buffer> = {};
  for (let position = 16; position < end; ) {
    const first = packet.readUInt8(position);
    if (first === 0) {
      position += 1;
      continue;
    }
    const next = position + 2 + (first & 0x0f);
    extensions[first >> 4] = packet.subarray(position + 1, next);
    position = next;
  }
  return {
    payloadType: packet.readUInt8(1) & 0x7f,
    marker: (packet.readUInt8(1) & 0x80) !== 0,
    sequenceNumber: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    extensions,
    extensionBlock: packet.subarray(16, end),
    payload: packet.subarray(end),
  };
}
