import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Cleanup } from './cleanup.ts';

/** Milliseconds that a program has to end by itself. */
const graceTime = 5000;

/** Another program that runs beside a measurement. */
export class CompanionProcess {
  readonly child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.child = child;
    this.#exited = once(child, 'exit');
    this.#exited.catch(() => undefined);
  }

  /** @throws Error when there is no such program */
  static async start(
    cleanup: Cleanup,
    program: string,
    args: readonly string[],
    options: SpawnOptions = {},
  ): Promise<CompanionProcess> {
    const child = spawn(program, args, { stdio: 'ignore', ...options });
    const started = new CompanionProcess(child);
    await once(child, 'spawn');
    cleanup.teardown(() => started.end('SIGTERM'));
    return started;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Asks it to end, and makes it when it does not. Idempotent. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.running) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceTime);
    await this.#exited.finally(() => clearTimeout(timer));
  }
}
