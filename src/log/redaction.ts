/** Written in place of a secret. */
export const redacted = '[secret]';

/**
 * Fields whose value is never written, at any depth. Compared in lower case and without `_` and `-`, so that one entry covers
 * `streamKey`, `stream_key` and `Stream-Key`. This list and the patterns below are the only place where log secrets are known.
 */
const secretFields: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'token',
  'accesstoken',
  'peertoken',
  'serverapitoken',
  'apitoken',
  'jwt',
  'password',
  'passwd',
  'credential',
  'credentials',
  'secret',
  'secretkeybase',
  'secretaccesskey',
  'accesskeyid',
  'webhooksecret',
  'streamkey',
  'privatekey',
  'cookie',
  'setcookie',
  'icepwd',
]);

const patterns: readonly (readonly [RegExp, string])[] = [
  // user:password@ of any URL, up to the last @ before the path
  [/([a-z][a-z0-9+.-]*:\/\/)[^/\s?#"'<>]*@/gi, `$1${redacted}@`],
  // the stream key: what follows the application in an RTMP URL
  [/(rtmps?:\/\/[^/\s"'<>]+\/[^/\s"'<>]+\/)[^\s"'<>]+/gi, `$1${redacted}`],
  // secrets in a query
  [/([?&](?:[a-z_-]*(?:token|secret|password|key)|jwt|x-amz-[a-z-]+|signature|sig)=)[^&\s"'<>#]+/gi, `$1${redacted}`],
  // authorization headers in a message
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${redacted}`],
  // JSON web tokens anywhere
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, redacted],
];

/** Whether the value of a field of this name must not be written. */
export function isSecretField(name: string): boolean {
  return secretFields.has(name.toLowerCase().replace(/[_-]/g, ''));
}

/** The text with passwords in URLs, stream keys and tokens redacted. */
export function redactText(text: string): string {
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** A copy of any JSON value with secrets redacted. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).map(([name, member]) => [
    name,
    isSecretField(name) ? redacted : redactValue(member),
  ]);
  return Object.fromEntries(pairs);
}
