import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';

export interface SmtpServerOptions {
  /** @defaultValue any free one */
  readonly port?: number;
  /** @defaultValue none */
  readonly tls?: 'none' | 'starttls' | 'implicit';
  /** Paths of PEM files. */
  readonly certificate?: string;
  readonly key?: string;
  /** Who must log in. */
  readonly user?: string;
  readonly password?: string;
}

/** A component of an iCalendar object, as a parser that is not ours reads it. */
export interface ParsedComponent {
  readonly name: string;
  readonly properties: Readonly<
    Record<string, readonly { readonly value: string; readonly parameters: Readonly<Record<string, string>> }[]>
  >;
  readonly components: readonly ParsedComponent[];
  readonly errors: readonly string[];
}

export interface ParsedCalendar {
  readonly calendars: readonly ParsedComponent[];
  /** Bytes of its longest line. */
  readonly longest: number;
  /** Whether there is a CR or LF that is no end of a line. */
  readonly bare: boolean;
}

export interface ReceivedPart {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly disposition: string | null;
  readonly file: string | null;
  readonly content: string;
  readonly calendar?: ParsedCalendar;
}

/** A mail as a parser that is not ours reads it. */
export interface ReceivedMail {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** In their order; names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Media types, from the outside to the inside. */
  readonly structure: readonly string[];
  readonly parts: readonly ReceivedPart[];
  readonly defects: readonly string[];
  /** Bytes of its longest line. */
  readonly longest: number;
  readonly encrypted: boolean;
  readonly login: boolean;
}

export interface SmtpEvent {
  readonly event: 'ready' | 'mail' | 'refused' | 'held' | 'login' | 'calendar';
  readonly recipient?: string;
  readonly mail?: ReceivedMail;
  readonly success?: boolean;
  readonly encrypted?: boolean;
}

/** A mail server in a process of its own. What it does with a mail is in the address that it is for: see smtp-server.py. */
export class SmtpServer {
  readonly port: number;
  /** Accepted ones. */
  readonly mails: ReceivedMail[] = [];
  /** Everything that it told. */
  readonly events: SmtpEvent[] = [];
  readonly #child: ChildProcess;
  readonly #told = new EventEmitter<{ event: [] }>();

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(t: Pick<Test, 'teardown'>, options: SmtpServerOptions = {}): Promise<SmtpServer> {
    const script = join(import.meta.dirname, 'smtp-server.py');
    const child = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => undefined);
    child.stdin.write(`${JSON.stringify(options)}\n`);
    const lines = createInterface({ input: child.stdout });
    const [first] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => ['{}'])]);
    const server = new SmtpServer(child, JSON.parse(first).port);
    t.teardown(() => server.kill());
    if (!server.port) throw new Error('The mail server did not start.');
    lines.on('line', (line) => server.#hear(JSON.parse(line)));
    return server;
  }

  /** Headers of the mails to an address, and what is in them, once there are `count`. */
  async mailsTo(address: string, count = 1): Promise<ReceivedMail[]> {
    for (;;) {
      const found = this.mails.filter(({ recipients }) => recipients.includes(address));
      if (found.length >= count) return found;
      await once(this.#told, 'event');
    }
  }

  /** Waits until it has told something of this kind. */
  async told(event: SmtpEvent['event'], count = 1): Promise<SmtpEvent[]> {
    for (;;) {
      const found = this.events.filter((each) => each.event === event);
      if (found.length >= count) return found;
      await once(this.#told, 'event');
    }
  }

  /** Accepts the mails that are held. */
  release(): void {
    this.#child.stdin?.write('{"release": true}\n');
  }

  /** Reads an iCalendar object. One at a time. */
  async parse(calendar: string): Promise<ParsedCalendar> {
    const count = this.events.filter(({ event }) => event === 'calendar').length;
    this.#child.stdin?.write(`${JSON.stringify({ calendar })}\n`);
    const found = await this.told('calendar', count + 1);
    return found.at(-1) as unknown as ParsedCalendar;
  }

  /** As if the power had failed. Idempotent. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #hear(event: SmtpEvent): void {
    this.events.push(event);
    if (event.event === 'mail') this.mails.push(event as unknown as ReceivedMail);
    this.#told.emit('event');
  }
}

/** Values of a header, in their order. */
export function headersOf(mail: ReceivedMail, name: string): string[] {
  return mail.headers.filter(([each]) => each === name).map(([, value]) => value);
}
