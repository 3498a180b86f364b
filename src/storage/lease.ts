import { randomUUID } from 'node:crypto';
import { open, readFile, readlink, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '../clock/clock.ts';
import { unfinishedSuffix } from './atomic-file.ts';
import type { Owner, ReadManifest } from './media-manifest.ts';

/** Ms between two signs of life. */
const renewal = 5000;
/** Ms without a sign of life, by our own clock, after which an owner on another host is dead. */
const deadAfter = 30_000;

/**
 * Says which media this process works on, and finds out whether the owners of others live. The owner stands in the manifest; its signs of
 * life are the manifest's time of modification. A process that can be looked for is looked for: after a crash nobody waits.
 */
export class Lease {
  readonly owner: Owner;
  readonly #clock: Clock;
  /** Folders of media, by paths of manifests. */
  readonly #held = new Map<string, string>();
  /** What was seen of files of others: their time, and since when by our clock it is that. */
  readonly #seen = new Map<string, { readonly modifiedAt: number; readonly since: number }>();
  #cancel: () => void = () => undefined;

  private constructor(owner: Owner, clock: Clock) {
    this.owner = owner;
    this.#clock = clock;
  }

  static async open(clock: Clock): Promise<Lease> {
    const owner = { id: randomUUID(), host: await hostId(), process: await processId(process.pid) };
    return new Lease(owner, clock);
  }

  /** Gives signs of life of a medium of ours. Idempotent. @param path of its manifest */
  hold(path: string, folder: string): void {
    if (this.#held.size === 0) this.#schedule();
    this.#held.set(path, folder);
  }

  /** Whether we work on media in a folder. */
  holds(folder: string): boolean {
    return [...this.#held.values()].includes(folder);
  }

  /** Idempotent. */
  release(path: string): void {
    if (this.#held.delete(path) && this.#held.size === 0) this.#cancel();
  }

  /** Whether nobody works on a medium. For owners on other hosts it takes several looks to find out. */
  async isFree(path: string, owner: Owner | undefined, modifiedAt: ReadManifest['modifiedAt']): Promise<boolean> {
    if (owner === undefined) return true;
    if (owner.id === this.owner.id) return false;
    if (owner.host === this.owner.host) return (await processId(pidOf(owner))) !== owner.process;
    return this.isUnchanged(path, modifiedAt, deadAfter);
  }

  /** Whether a file has had the same time of modification for so many ms of our looking at it. */
  isUnchanged(path: string, modifiedAt: number, duration: number): boolean {
    const now = this.#clock.monotonic();
    const seen = this.#seen.get(path);
    if (seen?.modifiedAt !== modifiedAt) this.#seen.set(path, { modifiedAt, since: now });
    else if (now - seen.since >= duration) return this.#seen.delete(path);
    return false;
  }

  /** Makes sure that of several who found a medium free only one takes it. @returns whether that is us, and `take` has done so */
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
    this.#cancel();
  }

  /** Of somebody who died in the moment of the claim. */
  async #dropAbandoned(claim: string): Promise<void> {
    const file = await open(claim).catch(() => undefined);
    const modifiedAt = (await file?.stat())?.mtimeMs ?? 0;
    await file?.close();
    if (file && this.isUnchanged(claim, modifiedAt, deadAfter)) await rm(claim, { force: true });
  }

  #schedule(): void {
    this.#cancel = this.#clock.schedule(renewal, () => {
      const now = new Date(this.#clock.now());
      // One that was taken away has no manifest any more.
      for (const path of this.#held.keys()) utimes(path, now, now).catch(() => undefined);
      this.#schedule();
    });
  }
}

/** Where process ids mean the same. */
async function hostId(): Promise<string> {
  const parts = [readFile('/proc/sys/kernel/random/boot_id', 'utf8'), readlink('/proc/self/ns/pid')];
  return await Promise.all(parts).then(
    (found) => found.map((part) => part.trim()).join(' '),
    () => hostname(),
  );
}

/** A process id and when the process began, since ids are used again; the end of it is empty when there is no such process. */
async function processId(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return `${pid} ${state === 'Z' ? '' : (fields[18] ?? '')}`;
}

const pidOf = (owner: Owner) => Number.parseInt(owner.process, 10);
