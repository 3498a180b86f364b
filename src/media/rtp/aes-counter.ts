import { type Cipheriv, createCipheriv } from 'node:crypto';

const blockLength = 16;

/**
 * AES-128 in counter mode (RFC 3711 section 4.1.1). One cipher for all packets: to set up a new one takes longer than to encrypt a packet of
 * audio with it.
 */
export class AesCounter {
  readonly #cipher: Cipheriv;

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  /**
   * Encrypts or decrypts.
   * @param start the first counter: 16 bytes, of which the last two count the blocks and are 0
   * @param text at most 2^16 blocks
   */
  apply(start: Buffer, text: Buffer): Buffer {
    const counters = Buffer.allocUnsafe(Math.ceil(text.length / blockLength) * blockLength);
    for (let at = 0; at < counters.length; at += blockLength) {
      start.copy(counters, at);
      counters.writeUInt16BE(at / blockLength, at + blockLength - 2);
    }
    const stream = this.#cipher.update(counters);
    const result = Buffer.allocUnsafe(text.length);
    for (let index = 0; index < text.length; index += 1) result[index] = (text[index] ?? 0) ^ (stream[index] ?? 0);
    return result;
  }
}
