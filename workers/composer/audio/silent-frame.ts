/** Syntactic elements of a raw data block (ISO/IEC 14496-3, table 4.85). */
const singleChannel = '000';
const channelPair = '001';
const end = '111';
const instance = '0000';
/** A channel without spectral data: gain, long sine window, no section, no tool. */
const gain = '01100100';
const info = '0' + '00' + '0' + '000000' + '0';
const tools = '0' + '0' + '0';
const channel = gain + info + tools;

/** An AAC frame of 1024 silent samples, written bit by bit: it is needed when there is no encoder. */
export function silentFrame(channels: 1 | 2): Buffer {
  const separate = '0';
  const element =
    channels === 1 ? singleChannel + instance + channel : channelPair + instance + separate + channel + channel;
  const bits = element + end;
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

/** AudioSpecificConfig of AAC-LC at 48 kHz (ISO/IEC 14496-3 section 1.6.2.1). */
export function audioSpecificConfig(channels: 1 | 2): Buffer {
  const [objectType, frequencyIndex] = [2, 3];
  const bits = (objectType << 11) | (frequencyIndex << 7) | (channels << 3);
  return Buffer.from([bits >> 8, bits & 0xff]);
}
