import addressparser from 'nodemailer/lib/addressparser';

/** RFC 5322 3.4. */
export interface Mailbox {
  /** May be empty. */
  readonly name: string;
  readonly address: string;
}

/** Reads `Name <address>` or an address. @returns undefined when it is neither */
export function parseMailbox(text: string): Mailbox | undefined {
  const [first, ...others] = addressparser(text);
  if (!first || first.group || others.length > 0) return undefined;
  const { name = '', address = '' } = first;
  // The parser takes more than that.
  const isWhole = text.trim() === address || text.trim().endsWith(`<${address}>`);
  return isWhole && addressForm.test(address) ? { name, address } : undefined;
}

/** ASCII only, and nothing that would have to be quoted: every mail server takes it. */
const addressForm = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@([a-z\d.-]{1,253}|\[[a-z\d:.]{1,50}\])$/i;
