const maxLength = 254;
const maxLocal = 64;
const atom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/i;
/** No spaces, which would be in the middle of headers. */
const quoted = /^"(?:[!#-[\]-~]|\\[!-~])*"$/;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Whether PHP's filter takes it for an e-mail address: ASCII, with a dot in the domain. docs/contracts/jitsi-admin.md 3.4. */
export function isEmail(text: string): boolean {
  if (text.length > maxLength) return false;
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  if (local.length > maxLocal) return false;
  const labels = text.slice(at + 1).split('.');
  const isLocal = quoted.test(local) || local.split('.').every((part) => atom.test(part));
  return (
    isLocal && labels.length > 1 && labels.every((part) => label.test(part)) && /^[a-z]/i.test(labels.at(-1) ?? '')
  );
}
