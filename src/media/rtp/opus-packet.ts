/** Frame sizes in samples of 48 kHz by configuration number (RFC 6716, table 2): SILK, hybrid, CELT. */
const silk = [480, 960, 1920, 2880];
const hybrid = [480, 960];
const celt = [120, 240, 480, 960];

/** The duration of an Opus packet, in samples of 48 kHz (RFC 6716, section 3.1); 0 when it is not valid. */
export function opusDuration(packet: Buffer): number {
  if (packet.length === 0) return 0;
  const first = packet.readUInt8(0);
  const configuration = first >> 3;
  const sizes = sizesOf(configuration);
  return (sizes[configuration % sizes.length] ?? 0) * frameCount(packet, first & 3);
}

function sizesOf(configuration: number): readonly number[] {
  if (configuration < 12) return silk;
  return configuration < 16 ? hybrid : celt;
}

function frameCount(packet: Buffer, code: number): number {
  if (code < 3) return code === 0 ? 1 : 2;
  return packet.length < 2 ? 0 : packet.readUInt8(1) & 0x3f;
}
