import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { findProgram } from '../../../src/process/find-program.ts';

/** Debian has daemons where users do not look. */
const searchPath = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`;
/** Part of util-linux. */
const setpriv = '/usr/bin/setpriv';
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

/** Why tests with these programs cannot run here; false when they can. For the `skip` of a test. */
export async function lacking(...programs: string[]): Promise<string | false> {
  const found = await Promise.all(programs.map((program) => findProgram(program, searchPath)));
  const missing = programs.filter((_, index) => found[index] === undefined);
  return missing.length > 0 && `This machine has no ${missing.join(' and no ')}.`;
}

/** A folder that a {@link startPeer peer} may write. It is removed with the test. */
export async function openPeerFolder(t: Pick<Test, 'teardown'>, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `shoal-${name}-`));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  await giveAway(folder);
  return folder;
}

/** What is made in such a folder later. */
export async function giveAway(path: string): Promise<void> {
  if (isRoot) await chown(path, nobody, nobody);
}

/**
 * Starts a program as a user without rights, in a process group of its own and without our environment.
 * @param orphanSignal what it gets when this process dies
 */
export async function startPeer(
  program: string,
  args: readonly string[],
  { folder, orphanSignal = 'KILL' }: { folder: string; orphanSignal?: 'KILL' | 'TERM' },
): Promise<ChildProcess> {
  const path = (await findProgram(program, searchPath)) ?? program;
  const user = isRoot ? ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'] : [];
  const command = existsSync(setpriv) ? [setpriv, ...user, '--pdeathsig', orphanSignal, '--', path] : [path];
  const [file = path, ...before] = command;
  return spawn(file, [...before, ...args], {
    cwd: folder,
    env: { PATH: searchPath, HOME: folder, TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}
