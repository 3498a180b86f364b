import { isIP } from 'node:net';

const labels = /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/;

/** A host name in lower case and without a dot at its end, or an IP address: docs/contracts/jod.md 1. Undefined: it is none. */
export function readDomain(text: string): string | undefined {
  const domain = text.trim().toLowerCase().replace(/\.$/, '');
  return domain.length <= 253 && (labels.test(domain) || isIP(domain) !== 0) ? domain : undefined;
}
