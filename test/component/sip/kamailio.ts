import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { eventually } from '../../eventually.ts';
import { giveAway, openPeerFolder, startPeer } from './peer-process.ts';

export interface KamailioOptions {
  /** UDP and TCP, on 127.0.0.1. TLS has the next one. */
  readonly port: number;
  /** Passwords by account. */
  readonly accounts: Readonly<Record<string, string>>;
  /** How long a nonce is good for, in s. Default 20. */
  readonly nonceExpire?: number;
  /** Shortest registration that it grants, in s; a shorter one gets 423. Default 30. */
  readonly minExpires?: number;
  /** Port of 127.0.0.1 that it says it has over UDP: of a relay in front of it. Then it takes all telephones for ones behind a NAT. */
  readonly advertised?: number;
}

/** Numbers that no account has: what they do is said here. */
export const fixedNumbers = {
  busy: '4860',
  declined: '6030',
  /** Not registered: 404. */
  notFound: '4040',
  unavailable: '4800',
  notAcceptable: '4880',
  /** 302 to the account 1001. */
  redirected: '3020',
  /** 302 to itself, again and again. */
  redirectedForEver: '3021',
  /** Every request to it is dropped. */
  silent: '9999',
} as const;

/** A registrar and proxy: kamailio with a configuration of the test's own. It asks for credentials and records its route. */
export class Kamailio {
  readonly options: KamailioOptions;
  /** What it said so far. */
  output = '';
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(folder: string, options: KamailioOptions) {
    this.#folder = folder;
    this.options = options;
  }

  static async start(t: Pick<Test, 'teardown'>, options: KamailioOptions): Promise<Kamailio> {
    const folder = await openPeerFolder(t, 'kamailio');
    const kamailio = new Kamailio(folder, options);
    t.teardown(() => kamailio.kill());
    await kamailio.#write();
    await kamailio.restart();
    return kamailio;
  }

  /** As `address` of credentials. */
  get address(): string {
    return `127.0.0.1:${this.options.port}`;
  }

  get tlsPort(): number {
    return this.options.port + 1;
  }

  /** Its certificate, for `127.0.0.1` and `localhost`, which nobody vouches for: PEM. */
  get certificate(): string {
    return join(this.#folder, 'cert.pem');
  }

  /** Starts it anew after {@link kill}: it knows no registrations then. */
  async restart(): Promise<void> {
    const run = join(this.#folder, 'run');
    await mkdir(run, { recursive: true });
    await giveAway(run);
    // -DD: one process group that stays in the foreground; relative folders would end it without a word
    const args = ['-f', join(this.#folder, 'kamailio.cfg'), '-DD', '-E', '-m', '32', '-M', '4', '-Y', run];
    // its own children outlive it when it is killed
    const options = { folder: this.#folder, orphanSignal: 'TERM' } as const;
    const child = await startPeer('kamailio', [...args, '-P', join(run, 'pid')], options);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => this.#said(String(text)));
    await eventually('kamailio listens', async () => {
      if (child.exitCode !== null) return true;
      return await listens(this.options.port);
    });
    if (child.exitCode !== null) throw new Error(`kamailio ended: ${this.output}`);
  }

  /** As if the power had failed. Idempotent. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    // its children would outlive it
    process.kill(-child.pid, 'SIGKILL');
    await closed;
  }

  #said(text: string): void {
    this.output = (this.output + text).slice(-100_000);
  }

  async #write(): Promise<void> {
    const folder = this.#folder;
    const [key, cert] = [join(folder, 'key.pem'), this.certificate];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const made = ['-keyout', key, '-out', cert, '-days', '2'];
    const { status, stderr } = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      ...names,
      ...made,
    ]);
    if (status !== 0) throw new Error(String(stderr));
    await chmod(key, 0o644);
    const database = join(folder, 'database');
    await mkdir(database);
    await writeFile(join(database, 'version'), 'table_name(string) table_version(int)\nsubscriber:7\n');
    const rows = Object.entries(this.options.accounts).map(([user, password]) => `${user}:127.0.0.1:${password}\n`);
    const columns = 'username(string) domain(string) password(string)\n';
    await writeFile(join(database, 'subscriber'), columns + rows.join(''));
    await writeFile(join(folder, 'kamailio.cfg'), await configuration(folder, this.options));
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

async function configuration(folder: string, options: KamailioOptions): Promise<string> {
  const { port, nonceExpire = 20, minExpires = 30, advertised } = options;
  const values: Record<string, string> = {
    ...{ FOLDER: folder, TLSPORT: String(port + 1), PORT: String(port) },
    ...{ ADVERTISED: advertised === undefined ? '' : `advertise 127.0.0.1:${advertised}` },
    ...{ NAT: advertised === undefined ? '$pr == "tls"' : '1 == 1' },
    ...{ NONCE_EXPIRE: String(nonceExpire), MIN_EXPIRES: String(minExpires) },
    ...Object.fromEntries(Object.entries(fixedNumbers).map(([name, number]) => [`<${name}>`, number])),
  };
  const template = await readFile(join(import.meta.dirname, 'kamailio.cfg'), 'utf8');
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), template);
}
