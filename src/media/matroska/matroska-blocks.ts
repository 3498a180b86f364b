import { elementId, idBytes, uintElement, unknownSize } from './ebml.ts';
import { trackNumber } from './matroska-head.ts';

/** Minimum duration of a cluster before a keyframe begins another one, in ms. */
const minClusterDuration = 1000;
/** Maximum time of a block after the start of its cluster, in ms: it has 16 bits with a sign. */
const maxBlockTime = 32_767;
/** Length of a block without its data: number of the track, time and flags. */
export const blockHeadLength = 4;
/** Length of the id and size before that. The size always has four bytes (RFC 8794 section 4.4), so that no length is computed. */
const headerLength = 5;
const fourByteSize = 0x10000000;
const keyframeFlag = 0x80;

/** Whether a block begins a cluster. @param cluster time of the current one, in ms */
export function startsCluster(cluster: number | undefined, time: number, key: boolean): boolean {
  if (cluster === undefined) return true;
  return time - cluster > maxBlockTime || (key && time - cluster >= minClusterDuration);
}

/** The beginning of a cluster, which ends where the next one begins. @param time in ms */
export function clusterHead(time: number): Buffer {
  return Buffer.concat([idBytes(elementId.cluster), unknownSize, uintElement(elementId.timestamp, time)]);
}

/**
 * The beginning of a block; its data follows.
 * @param time after the start of the cluster, in ms @param length of the data, in bytes; below 256 MB
 */
export function blockHead(time: number, key: boolean, length: number): Buffer {
  const head = Buffer.allocUnsafe(headerLength + blockHeadLength);
  head.writeUInt8(elementId.simpleBlock, 0);
  head.writeUInt32BE(fourByteSize + blockHeadLength + length, 1);
  head.writeUInt8(0x80 | trackNumber, 5);
  head.writeInt16BE(time, 6);
  head.writeUInt8(key ? keyframeFlag : 0, 8);
  return head;
}

/** Reads the beginning of a block. */
export function readBlockHead(bytes: Buffer, at: number): { readonly time: number; readonly key: boolean } {
  return { time: bytes.readInt16BE(at + 1), key: (bytes.readUInt8(at + 3) & keyframeFlag) !== 0 };
}
