import type { SrtpSuite } from '../media/negotiated-media.ts';

/** A crypto attribute (RFC 4568 section 9.1) that we can use. */
export interface CryptoLine {
  /** Number of the line; the answer repeats it. */
  readonly tag: number;
  readonly suite: SrtpSuite;
  /** Master key and salt, 30 bytes, in base64. Secret. */
  readonly key: string;
}

/** As the parser of session descriptions gives it. */
interface CryptoAttribute {
  readonly id?: unknown;
  readonly suite?: unknown;
  readonly config?: unknown;
  readonly sessionConfig?: unknown;
}

/** In the order of preference. */
export const srtpSuites: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** Length of master key and salt, in bytes. */
export const srtpKeyLength = 30;

/** Packets of nearly six hours: keys that are used up earlier would have to be replaced during the call, which we do not do. */
const minLifetime = 2 ** 20;
const maxLines = 16;

/** The usable crypto attributes, in the order of the peer: suite known, one key, no MKI, no parameter that weakens or changes SRTP. */
export function usableCryptoLines(attributes: readonly CryptoAttribute[]): CryptoLine[] {
  return attributes.slice(0, maxLines).flatMap(({ id, suite, config, sessionConfig }) => {
    const name = String(suite ?? '').toUpperCase();
    const known = srtpSuites.find((each) => each === name);
    const key = keyOf(String(config ?? ''));
    const tag = Number(id);
    const usable =
      known && key && Number.isInteger(tag) && tag >= 0 && tag < 1e9 && id !== '' && isHarmless(sessionConfig);
    return usable ? [{ tag, suite: known, key }] : [];
  });
}

/** For the writer of session descriptions. */
export function cryptoAttribute({ tag, suite, key }: CryptoLine): { id: number; suite: string; config: string } {
  return { id: tag, suite, config: `inline:${key}` };
}

/**
 * `inline:<key>[|<lifetime>][|<MKI>:<length>]` (RFC 4568 section 9.2). With an MKI each packet had some more bytes, and with several keys
 * there must be one: both are refused.
 */
function keyOf(parameters: string): string | undefined {
  const [, key, lifetime] = /^inline:([A-Za-z\d+/]{40})(?:\|(2\^\d{1,2}|\d{1,15}))?$/i.exec(parameters) ?? [];
  if (key === undefined || lifetime === undefined) return key;
  const packets = lifetime.startsWith('2^') ? 2 ** Number(lifetime.slice(2)) : Number(lifetime);
  return packets >= minLifetime ? key : undefined;
}

/** A size of the replay window is a hint, and what begins with a minus may be ignored (RFC 4568 section 6.3); all others must be obeyed. */
function isHarmless(parameter: unknown): boolean {
  return parameter === undefined || /^(-|WSH=)/i.test(String(parameter));
}
