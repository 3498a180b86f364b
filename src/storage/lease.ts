import { randomUUID } from 'node:crypto';
import { open, readFile, readlink, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import { unfinishedSuffix } from './atomic-file.ts';
import type { Owner, ReadManifest } from './media-manifest.ts';

/** Interval of heartbeats, in ms. */
const renewal = 5000;
/** Time without a heartbeat after which an owner on another host counts as dead, in ms of our clock. */
const deadAfter = 30_000;

/**
 * Marks the media that this process works on, and finds out whether the owners of other media are alive. The manifest has the owner; its
 * modification time is the heartbeat. For an owner on this host the process is looked up, so that nothing waits after a crash.
 */
export class Lease {
  readonly owner: Owner;
  readonly #clock: Clock;
  /** Folders of our media by path of the manifest. */
  readonly #held = new Map<string, string>();
  /** Observed modification times of other owners' files, and since when by our clock. */
  readonly #seen = new Map<string, { readonly modifiedAt: number; readonly since: number }>();
  #heartbeats: Interval | undefined;

  private constructor(owner: Owner, clock: Clock) {
    this.owner = owner;
    this.#clock = clock;
  }

  static async open(clock: Clock): Promise<Lease> {
    const owner = { id: randomUUID(), host: await hostId(), process: await processId(process.pid) };
    return new Lease(owner, clock);
  }

  /** Starts heartbeats for our medium. Idempotent. @param path of its manifest */
  hold(path: string, folder: string): void {
    this.#heartbeats ??= new Interval(this.#clock, renewal, () => this.#beat());
    this.#held.set(path, folder);
  }

  /** Whether this process works on media in a folder. */
  holds(folder: string): boolean {
    return [...this.#held.values()].includes(folder);
  }

  /** Idempotent. */
  release(path: string): void {
    this.#held.delete(path);
    if (this.#held.size === 0) this.#rest();
  }

  /** Whether a medium has no live owner. For owners on other hosts this takes several checks. */
  async isFree(path: string, owner: Owner | undefined, modifiedAt: ReadManifest['modifiedAt']): Promise<boolean> {
    if (owner === undefined) return true;
    if (owner.id === this.owner.id) return false;
    const isKnown = owner.host === this.owner.host && !owner.process.endsWith(' ');
    if (isKnown) return (await processId(Number.parseInt(owner.process, 10))) !== owner.process;
    return this.isUnchanged(path, modifiedAt, deadAfter);
  }

  /** Whether a file's modification time has not changed for this time, in ms of our observation. */
  isUnchanged(path: string, modifiedAt: number, duration: number): boolean {
    const now = this.#clock.monotonic();
    const seen = this.#seen.get(path);
    if (seen?.modifiedAt !== modifiedAt) this.#seen.set(path, { modifiedAt, since: now });
    else if (now - seen.since >= duration) return this.#seen.delete(path);
    return false;
  }

  /** Makes sure that only one process takes a free medium. @returns whether it is this one, and `take` has succeeded */
  async claim(path: string, take: () => Promise<boolean>): Promise<boolean> {
    const claim = `${path}.claim${unfinishedSuffix}`;
    try {
      await (await open(claim, 'wx')).close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      await this.#dropAbandoned(claim);
      return false;
    }
    return await take().finally(() => rm(claim, { force: true }));
  }

  /** Idempotent. */
  close(): void {
    this.#held.clear();
    this.#rest();
  }

  /** Removes the claim of a process that died while claiming. */
  async #dropAbandoned(claim: string): Promise<void> {
    const file = await open(claim).catch(() => undefined);
    const modifiedAt = (await file?.stat())?.mtimeMs ?? 0;
    await file?.close();
    if (file && this.isUnchanged(claim, modifiedAt, deadAfter)) await rm(claim, { force: true });
  }

  #beat(): void {
    const now = new Date(this.#clock.now());
    // A removed medium has no manifest any more.
    for (const path of this.#held.keys()) utimes(path, now, now).catch(() => undefined);
  }

  #rest(): void {
    void this.#heartbeats?.close();
    this.#heartbeats = undefined;
  }
}

/** Machine and PID namespace, in which process ids are comparable. */
async function hostId(): Promise<string> {
  const parts = [readFile('/proc/sys/kernel/random/boot_id', 'utf8'), readlink('/proc/self/ns/pid')];
  return await Promise.all(parts).then(
    (found) => found.map((part) => part.trim()).join(' '),
    () => hostname(),
  );
}

/** A process id with the start time of the process, as ids are reused; without a start time when there is no such process. */
async function processId(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return `${pid} ${state === 'Z' ? '' : (fields[18] ?? '')}`;
}
