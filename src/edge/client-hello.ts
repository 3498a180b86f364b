/** A record, and what is in it: RFC 8446 sections 5.1 and 4. */
const handshake = 22;
const clientHello = 1;
const recordHead = 5;
const maxRecord = 16_384;
/** Type of the extension with the protocols that a client speaks: RFC 7301 section 3.1. */
const alpn = 16;

/**
 * Whether a client that opens a TLS connection offers HTTP/2, as browsers do for everything but websockets.
 * @param bytes the first of the connection
 * @returns undefined when more of them are needed; false also when they are none of a usual client
 */
export function offersHttp2(bytes: Buffer): boolean | undefined {
  if (bytes.length > 0 && bytes[0] !== handshake) return false;
  if (bytes.length < recordHead) return undefined;
  const length = bytes.readUInt16BE(3);
  if (length > maxRecord) return false;
  if (bytes.length < recordHead + length) return undefined;
  try {
    return protocolsOf(bytes.subarray(recordHead, recordHead + length)).includes('h2');
  } catch {
    // A length beyond the end.
    return false;
  }
}

/** RFC 8446 section 4.1.2. @throws RangeError */
function protocolsOf(message: Buffer): string[] {
  if (message[0] !== clientHello) return [];
  // Type and length, version and random.
  let at = 4 + 2 + 32;
  at += 1 + message.readUInt8(at);
  at += 2 + message.readUInt16BE(at);
  at += 1 + message.readUInt8(at);
  const end = at + 2 + message.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const [type, length] = [message.readUInt16BE(at), message.readUInt16BE(at + 2)];
    if (type === alpn) return namesIn(message.subarray(at + 6, at + 4 + length));
    at += 4 + length;
  }
  return [];
}

function namesIn(list: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < list.length; at += 1 + list.readUInt8(at)) {
    names.push(list.toString('latin1', at + 1, at + 1 + list.readUInt8(at)));
  }
  return names;
}
