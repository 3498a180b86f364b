import { EventEmitter } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { Logger } from '../log/logger.ts';
import { type Account, accountWithKey } from './account.ts';
import { type AccountsFile, readAccounts } from './accounts-file.ts';

interface AccountsEvents {
  changed: [];
  /** The file has changed, but cannot be read: the accounts stay as they were. */
  refused: [];
}

/** Milliseconds between two looks at the file, for file systems that do not tell of changes. */
const lookInterval = 5000;

/** The accounts, as their file says at any moment: docs/contracts/jod.md 3. */
export class Accounts {
  readonly observer = new EventEmitter<AccountsEvents>();
  readonly #path: string;
  readonly #logger: Logger;
  readonly #interval: Interval;
  readonly #watcher: FSWatcher | undefined;
  #all: readonly Account[];
  /** Tells versions of the file apart. */
  #version: string;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #closed = false;

  private constructor(path: string, all: readonly Account[], version: string, clock: Clock, logger: Logger) {
    this.#path = path;
    this.#all = all;
    this.#version = version;
    this.#logger = logger;
    this.#watcher = this.#watch();
    this.#interval = new Interval(clock, lookInterval, () => this.#look());
  }

  /** @param path absolute @throws StartError when the file cannot be read */
  static async open(path: string, clock: Clock, logger: Logger): Promise<Accounts> {
    const version = await versionOf(path);
    const file = await readAccounts(path);
    warnOfUnknown(file, logger);
    return new Accounts(path, file.accounts, version, clock, logger);
  }

  get all(): readonly Account[] {
    return this.#all;
  }

  withKey(key: string): Account | undefined {
    return accountWithKey(this.#all, key);
  }

  named(name: string): Account | undefined {
    return this.#all.find((account) => account.name === name);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    await this.#interval.close();
    await this.#looking;
  }

  /** Watches the folder: editors replace the file. */
  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(dirname(this.#path), { persistent: false }, () => void this.#look());
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch (error) {
      const cause = (error as Error).message;
      this.#logger.warn({ cause }, 'Changes of the accounts file are noticed after some seconds only.');
      return undefined;
    }
  }

  /** Reads the file if it has changed. A change while it is being read is read afterwards. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    this.#looking ??= this.#lookWhileChanging().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  async #lookWhileChanging(): Promise<void> {
    while (this.#lookAgain && !this.#closed) {
      this.#lookAgain = false;
      const version = await versionOf(this.#path);
      if (version === this.#version) continue;
      this.#version = version;
      await this.#read();
    }
  }

  async #read(): Promise<void> {
    try {
      const file = await readAccounts(this.#path);
      warnOfUnknown(file, this.#logger);
      this.#all = file.accounts;
      this.#logger.info({ accounts: this.#all.length }, 'The accounts file was read again.');
      this.observer.emit('changed');
    } catch (error) {
      const cause = (error as Error).message;
      this.#logger.error({ cause }, 'The accounts file has changed but is not used: earlier accounts stay.');
      this.observer.emit('refused');
    }
  }
}

function warnOfUnknown({ unknown }: AccountsFile, logger: Logger): void {
  if (unknown.length > 0) logger.warn({ members: unknown }, 'The accounts file has members that mean nothing.');
}

async function versionOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
