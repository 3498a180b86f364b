const steps = [
  ...[7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107],
  ...[
    118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963,
  ],
  ...[1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894],
  ...[6484, 7132, 7845, 8630, 9493, 10_442, 11_487, 12_635, 13_899, 15_289, 16_818, 18_500, 20_350, 22_385, 24_623],
  ...[27_086, 29_794, 32_767],
];
const stepChanges = [-1, -1, -1, -1, 2, 4, 6, 8];
const headerLength = 4;

/** Decodes a packet of DVI4 (RFC 3551 section 4.5.1) to 16-bit samples. Its header has the state of the decoder. */
export function decodeDvi4(bytes: Buffer): Int16Array {
  if (bytes.length < headerLength) return new Int16Array();
  let value = bytes.readInt16BE(0);
  let index = Math.min(bytes.readUInt8(2), steps.length - 1);
  const samples = new Int16Array((bytes.length - headerLength) * 2);
  for (let at = 0; at < samples.length; at += 1) {
    const byte = bytes[headerLength + (at >> 1)] ?? 0;
    const code = at % 2 === 0 ? byte >> 4 : byte & 0x0f;
    const step = steps[index] ?? 0;
    const size = (step >> 3) + (code & 4 ? step : 0) + (code & 2 ? step >> 1 : 0) + (code & 1 ? step >> 2 : 0);
    value = Math.max(-32_768, Math.min(code & 8 ? value - size : value + size, 32_767));
    index = Math.max(0, Math.min(index + (stepChanges[code & 7] ?? 0), steps.length - 1));
    samples[at] = value;
  }
  return samples;
}
