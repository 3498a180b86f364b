import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readDatabase } from '../config/database.ts';
import { Environment, type EnvironmentRecord } from '../config/environment.ts';
import { readGeneral } from '../config/general.ts';
import { variables } from '../config/variables.ts';

/** Milliseconds to wait while a server brings its tables up to date. */
const timeout = 5000;

/**
 * Copies a SQLite database that may be in use. The copy is checked, and on the disk when this returns.
 * @param target a file that must not exist; only its owner may read it
 * @throws Error with a sentence for the administrator; nothing is left behind then
 */
export function backUp(file: string, target: string): void {
  if (!existsSync(file)) throw new Error(`There is no ${file}.`);
  const copy = openSync(target, 'wx', 0o600);
  try {
    using source = new DatabaseSync(file, { timeout });
    source.prepare('VACUUM INTO ?').run(target);
    using written = new DatabaseSync(target, { readOnly: true });
    const [result] = written.prepare('PRAGMA integrity_check').all();
    if (result?.integrity_check !== 'ok') throw new Error(`The copy is damaged: ${result?.integrity_check}`);
    fsyncSync(copy);
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  } finally {
    closeSync(copy);
  }
}

/** @param args `backup <file>` @returns what to print @throws Error with a sentence */
export function runBackUp(args: readonly string[], record: EnvironmentRecord): string {
  const [command, target, ...rest] = args;
  if (command !== 'backup' || target === undefined || rest.length > 0)
    throw new Error('usage: npm run database -- backup <file>');
  const environment = new Environment(record, variables);
  const { url, file } = readDatabase(environment, readGeneral(environment, process.cwd()).resourcesBasePath);
  if (url) throw new Error('SHOAL_DATABASE_URL is set: use pg_dump of PostgreSQL.');
  backUp(file, resolve(target));
  return `${resolve(target)} is a copy of ${file}.`;
}

if (import.meta.main) {
  try {
    console.log(runBackUp(process.argv.slice(2), process.env));
  } catch (error) {
    console.error(`database: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
