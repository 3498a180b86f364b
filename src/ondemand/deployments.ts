import { Interval } from '../clock/interval.ts';
import { isUnavailable } from '../database/availability.ts';
import { Deployment, type DeploymentOptions } from './deployment.ts';
import type { DeploymentRecord } from './deployment-records.ts';

/** Milliseconds between two looks for deployments that the administrator wants ended. */
const lookInterval = 2000;

/** The deployments of this server that have not ended. */
export class Deployments {
  readonly #options: DeploymentOptions;
  readonly #all = new Map<string, Deployment>();
  readonly #looks: Interval;
  /** Orders whose acceptance nobody knows of: the database went away before it had confirmed them. */
  readonly #doubtful = new Set<string>();
  #closed = false;

  private constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#looks = new Interval(options.clock, lookInterval, () => this.#look());
  }

  /** Goes on with those of an earlier run. @throws ShoalError databaseUnavailable */
  static async open(options: DeploymentOptions): Promise<Deployments> {
    const deployments = new Deployments(options);
    try {
      await deployments.#restore();
      return deployments;
    } catch (error) {
      await deployments.close();
      throw error;
    }
  }

  /** Deploys what was ordered. */
  deploy(record: DeploymentRecord): void {
    if (!this.#closed) this.#add(record).deploy();
  }

  /** Takes back an order that was refused because the database went away, as soon as that is there again. */
  withdraw(id: string): void {
    this.#doubtful.add(id);
  }

  /** Deployments go on with the next start. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#looks.close();
    await Promise.all([...this.#all.values()].map((deployment) => deployment.close()));
  }

  async #restore(): Promise<void> {
    const { records } = this.#options;
    const unfinished = await records.unfinished();
    const restored = unfinished.map(async (record) => {
      const recorders = await records.recordersOf(record.id);
      const deployment = this.#add(record);
      if (record.state === 'deploying') deployment.giveUp();
      else if (record.state !== 'accepted') await deployment.restore(recorders);
    });
    await Promise.all(restored);
    // Those that exist have taken their addresses by now.
    for (const { id, state } of unfinished) if (state === 'accepted') this.#all.get(id)?.deploy();
  }

  #add(record: DeploymentRecord): Deployment {
    const deployment = new Deployment(record, this.#options);
    this.#all.set(record.id, deployment);
    void deployment.ended.then(() => this.#all.delete(record.id));
    return deployment;
  }

  async #look(): Promise<void> {
    const { records, logger } = this.#options;
    try {
      for (const id of this.#all.size > 0 ? await records.toEnd() : []) this.#all.get(id)?.end();
      for (const id of this.#doubtful) {
        await records.withdraw(id);
        this.#doubtful.delete(id);
      }
    } catch (error) {
      // The database is away: it is looked again.
      if (!isUnavailable(error)) logger.error({ err: error }, 'Deployments could not be looked at.');
    }
  }
}
