import { createSecretKey, type KeyObject } from 'node:crypto';
import { AesCounter } from './aes-counter.ts';

/** A protection profile of SDES (RFC 4568 section 6.2). */
export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** Length of a master key with its salt, in bytes. */
const masterLength = 30;
const keyLength = 16;
const saltLength = 14;
const authenticationKeyLength = 20;

/** What protects either RTP or RTCP. */
export interface SrtpSessionKeys {
  readonly encryption: AesCounter;
  /** 14 bytes. */
  readonly salt: Buffer;
  /** Of HMAC-SHA1. */
  readonly authentication: KeyObject;
  /** Length of the tag, in bytes. */
  readonly tagLength: number;
}

export interface SrtpMaster {
  readonly suite: SrtpSuite;
  /** Master key and salt: 30 bytes in base64. Secret. */
  readonly key: string;
}

/** Derives the keys of a session (RFC 3711 section 4.3, key derivation rate 0). @throws RangeError when the key is not 30 bytes long */
export function deriveSrtpKeys({ suite, key }: SrtpMaster): { rtp: SrtpSessionKeys; rtcp: SrtpSessionKeys } {
  const master = Buffer.from(key, 'base64');
  if (master.length !== masterLength) throw new RangeError('An SRTP master key has 30 bytes');
  const derive = srtpDerivation(master);
  const keys = (label: number, tagLength: number) => ({
    encryption: new AesCounter(derive(label, keyLength)),
    authentication: createSecretKey(derive(label + 1, authenticationKeyLength)),
    salt: derive(label + 2, saltLength),
    tagLength,
  });
  // tags of RTCP are never short (RFC 4568 section 6.2.2)
  return { rtp: keys(0, suite.endsWith('_32') ? 4 : 10), rtcp: keys(3, 10) };
}

/**
 * AES in counter mode over zeros, with the salt and a label as its start (RFC 3711 section 4.3.3).
 * @param master key and salt, 30 bytes
 */
export function srtpDerivation(master: Buffer): (label: number, length: number) => Buffer {
  const cipher = new AesCounter(master.subarray(0, keyLength));
  return (label, length) => {
    const start = Buffer.alloc(16);
    master.copy(start, 0, keyLength);
    start.writeUInt8(start.readUInt8(7) ^ label, 7);
    return cipher.apply(start, Buffer.alloc(length));
  };
}
