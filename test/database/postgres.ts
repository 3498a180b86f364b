import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';

/** `nobody`, whom every Linux has: PostgreSQL does not run as root. */
export const unprivileged = { uid: 65_534, gid: 65_534 };

/** A server that holds all of it in memory and loses it when the power fails. */
const quick = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export interface PostgresOptions {
  /** Whether what was committed survives when it is killed. */
  readonly isDurable?: boolean;
  /** Whether it listens on a port, too. */
  readonly port?: number;
}

/** A PostgreSQL of the test's own, reached by a socket in its folder. Everybody may connect as `shoal`. */
export class Postgres {
  /** Where its socket is. */
  readonly folder: string;
  readonly #options: PostgresOptions;
  #child: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string, options: PostgresOptions) {
    this.folder = folder;
    this.#options = options;
  }

  static async start(t: Pick<Test, 'teardown'>, options: PostgresOptions = {}): Promise<Postgres> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-postgres-'));
    const postgres = new Postgres(folder, options);
    t.teardown(async () => {
      await postgres.kill('SIGQUIT');
      await rm(folder, { recursive: true, force: true });
    });
    await chmod(folder, 0o700);
    if (isRoot()) await chown(folder, unprivileged.uid, unprivileged.gid);
    await copy(await emptyData(), join(folder, 'data'));
    await postgres.start();
    return postgres;
  }

  /** Starts it again. Resolves when it takes connections. */
  async start(): Promise<void> {
    const { isDurable = false, port } = this.#options;
    const settings = [
      `unix_socket_directories=${this.folder}`,
      ...(port === undefined ? ['listen_addresses='] : ['listen_addresses=127.0.0.1', `port=${port}`]),
      ...(isDurable ? [] : quick),
    ].flatMap((setting) => ['-c', setting]);
    const child = run('postgres', ['-D', join(this.folder, 'data'), ...settings]);
    this.#child = child;
    await said(child, 'ready to accept connections');
  }

  /** Ends it and waits for that. SIGTERM waits for its clients, SIGINT ends them. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Creates an empty database. @returns its URL */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.run(`create database ${name}`);
    return this.url(name);
  }

  url(database: string): string {
    const { port } = this.#options;
    return port === undefined
      ? `postgres://shoal@/${database}?host=${this.folder}`
      : `postgres://shoal@127.0.0.1:${port}/${database}`;
  }

  /** Runs a statement as an administrator. @returns its rows */
  async run(statement: string, database = 'postgres'): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }
}

/** Data without databases, made once per checkout and version: that takes a second of processor time. @returns its folder */
async function emptyData(): Promise<string> {
  const version = createHash('sha256').update(pathOf('initdb')).digest('hex').slice(0, 8);
  const cached = resolve(import.meta.dirname, '../../node_modules/.cache/postgres', version);
  if (existsSync(cached)) return cached;
  const folder = await mkdtemp(join(tmpdir(), 'shoal-postgres-'));
  try {
    if (isRoot()) await chown(folder, unprivileged.uid, unprivileged.gid);
    const settings = ['--username=shoal', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
    await ended(run('initdb', ['--pgdata', join(folder, 'data'), ...settings]));
    await mkdir(dirname(cached), { recursive: true });
    await copy(join(folder, 'data'), `${cached}.${process.pid}`);
    // Another test may have been faster.
    await rename(`${cached}.${process.pid}`, cached).catch(() => rm(`${cached}.${process.pid}`, { recursive: true }));
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies a folder with the owners of its files. */
async function copy(from: string, to: string): Promise<void> {
  await ended(spawn('cp', ['--archive', from, to], { stdio: ['ignore', 'ignore', 'pipe'] }));
}

function run(program: string, args: readonly string[]): ChildProcess {
  const environment = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' };
  const user = [`--reuid=${unprivileged.uid}`, `--regid=${unprivileged.gid}`, '--clear-groups'];
  // A test that is killed takes its server along.
  const start = ['--pdeathsig', 'INT', ...(isRoot() ? user : []), pathOf(program)];
  return spawn('setpriv', [...start, ...args], { cwd: '/', env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Waits until a process says something. */
async function said(child: ChildProcess, sentence: string): Promise<void> {
  let text = '';
  const ending = once(child, 'close').then(() => {
    throw new Error(`PostgreSQL ended: ${text}`);
  });
  const saying = new Promise<void>((resolve) => {
    child.stderr?.on('data', (more) => {
      // What it says later is not kept.
      if (text.includes(sentence)) return;
      text += more;
      if (text.includes(sentence)) resolve();
    });
  });
  ending.catch(() => undefined);
  await Promise.race([saying, ending]);
}

async function ended(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(said);
}

/** Debian keeps the programs of the server out of the PATH. */
function pathOf(program: string): string {
  const installed = globSync(`/usr/lib/postgresql/*/bin/${program}`);
  return installed.sort((one, other) => versionOf(other) - versionOf(one)).find((path) => existsSync(path)) ?? program;
}

const versionOf = (path: string) => Number(path.split('/')[4]);

const isRoot = () => process.getuid?.() === 0;
