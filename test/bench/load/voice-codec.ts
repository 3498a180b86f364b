import { Decoder, Encoder } from '@evan/opus';
import type { PhoneCodec } from '../../../src/component/sip/media/negotiated-media.ts';
import { decodeG711, encodeG711 } from '../../../src/media/g711.ts';

/** A codec of telephones, for one direction of one call: packets of 20 ms, one channel. */
export class VoiceCodec {
  readonly payloadType: number;
  /** In Hz, of samples and of RTP timestamps. */
  readonly rate: 8000 | 48_000;
  readonly #codec: PhoneCodec;
  readonly #encoder: Encoder | undefined;
  readonly #decoder: Decoder | undefined;

  constructor(codec: PhoneCodec) {
    this.#codec = codec;
    this.payloadType = { pcma: 8, pcmu: 0, opus: 96 }[codec];
    this.rate = codec === 'opus' ? 48_000 : 8000;
    if (codec !== 'opus') return;
    this.#encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
    this.#decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
  }

  /** @param samples of 20 ms */
  encode(samples: Int16Array): Buffer {
    return this.#codec === 'opus'
      ? Buffer.from(this.#encoder?.encode(samples) ?? [])
      : encodeG711(this.#codec, samples);
  }

  decode(payload: Buffer): Int16Array {
    if (this.#codec !== 'opus') return decodeG711(this.#codec, payload);
    const bytes = this.#decoder?.decode(payload) ?? new Uint8Array();
    return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  }
}
