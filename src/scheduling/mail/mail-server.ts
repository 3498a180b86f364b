import { createTransport } from 'nodemailer';
import { UndeliverableError } from '../../database/outbox.ts';
import { isEmail } from '../email.ts';
import { oneLine } from '../one-line.ts';
import type { MailServerAddress } from './mail-server-address.ts';
import type { Mailbox } from './mailbox.ts';

/** A mail to one person. */
export interface Mail {
  /** Without brackets; the same at every attempt. */
  readonly messageId: string;
  /** Milliseconds since the Unix epoch. */
  readonly date: number;
  readonly from: Mailbox;
  readonly to: Mailbox;
  /** Undefined: nobody reads answers. */
  readonly replyTo: Mailbox | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly calendar: { readonly method: string; readonly text: string };
}

/** Connections at the same time. */
export const maxMailConnections = 4;

/**
 * Limits in ms. RFC 5321 4.5.3.2.6 gives a server ten minutes to accept a mail: who does not wait for it sends the mail twice.
 */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 30_000, socketTimeout: 600_000, dnsTimeout: 10_000 };

/** Commands about the mail itself: a refusal of them is final. Others are refused for what an operator can change. */
const aboutMail: ReadonlySet<string> = new Set(['RCPT TO', 'DATA']);
/** Maximum length of what is told of an error, in characters. */
const maxReason = 300;

/** The server that takes mails, and the connections to it. */
export class MailServer {
  readonly #transport;

  constructor(address: MailServerAddress) {
    this.#transport = createTransport({
      ...{ ...address, ...timeouts },
      ...{ pool: true, maxConnections: maxMailConnections, maxRequeues: 0 },
      ...{ disableFileAccess: true, disableUrlAccess: true, logger: false },
    });
    // Connections that break while nobody uses them; a mail that was being sent is told by `send`.
    this.#transport.on('error', () => undefined);
  }

  /** Resolves when the server has accepted the mail. @throws UndeliverableError when it never will @throws Error when it may later */
  async send(mail: Mail, signal: AbortSignal): Promise<void> {
    const { from, to, replyTo, date, messageId, calendar, subject, text, html } = mail;
    // Nodemailer would make another address of it.
    if (!isEmail(to.address) || /[<>]/.test(to.address))
      throw new UndeliverableError('The recipient has no address for mails');
    try {
      await this.#transport.sendMail({
        ...{ from: inHeader(from), to: inHeader(to), subject: plain(subject), text, html, signal },
        ...(replyTo && { replyTo: inHeader(replyTo) }),
        envelope: { from: from.address, to: [to.address] },
        date: new Date(date),
        messageId: `<${messageId}>`,
        // RFC 3834: no out-of-office replies.
        headers: { 'Auto-Submitted': 'auto-generated' },
        // As an alternative of the text, which Outlook and Google read, and as a file, which others do.
        icalEvent: { method: calendar.method, content: calendar.text, filename: 'invite.ics' },
      });
    } catch (error) {
      throw deliveryError(error);
    }
  }

  /** Breaks all connections. Idempotent. */
  close(): void {
    this.#transport.close({ force: true });
  }
}

function inHeader({ name, address }: Mailbox): Mailbox {
  return { name: plain(name), address };
}

/** RFC 2047: what looks like an encoded word would be read as one. */
function plain(text: string): string {
  return text.replaceAll('=?', '= ?');
}

/** An error for the log: of the server's words a line, and nothing of the connection. */
function deliveryError(error: unknown): Error {
  const { message = '', command = '', permanent = false } = error as Partial<SmtpError>;
  const reason = oneLine(message, maxReason);
  return permanent && aboutMail.has(command) ? new UndeliverableError(reason) : new Error(reason);
}

/** What nodemailer rejects with. */
interface SmtpError extends Error {
  readonly command: string;
  /** The server responded with 5yz. */
  readonly permanent: boolean;
}
