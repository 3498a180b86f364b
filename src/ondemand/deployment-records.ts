import type { Selectable } from 'kysely';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../database/database.ts';
import type { Queries, Tables } from '../database/tables.ts';
import type { Account } from './account.ts';
import { balanceOf, charge, openBalances, pay } from './balances.ts';
import { type DeploymentFailure, failureBody, type RecorderAccess, successBody } from './callback-body.ts';
import type { Callbacks } from './callbacks.ts';
import { OrderError } from './order.ts';

export type DeploymentRecord = Selectable<Tables['ondemand_deployments']>;

type State = DeploymentRecord['state'];

/** docs/contracts/jod.md 7. */
const states = ['accepted', 'deploying', 'active', 'draining', 'expired', 'failed'] as const satisfies readonly State[];

/** How many deployments are in a state. */
export interface DeploymentCount {
  readonly state: State;
  readonly count: number;
}

export interface DeploymentRecordsOptions {
  readonly database: Database;
  readonly callbacks: Callbacks;
  /** Of this server. */
  readonly node: string;
  readonly clock: Clock;
}

/** The deployments of this server in the database. All methods reject with ShoalError databaseUnavailable. */
export class DeploymentRecords {
  readonly node: string;
  readonly #database: Database;
  readonly #callbacks: Callbacks;
  readonly #clock: Clock;

  constructor({ database, callbacks, node, clock }: DeploymentRecordsOptions) {
    this.node = node;
    this.#database = database;
    this.#callbacks = callbacks;
    this.#clock = clock;
  }

  /** Charges an order and adds its deployment. @returns cents that are left @throws OrderError when the balance is too small */
  async add(record: DeploymentRecord, account: Account): Promise<number> {
    return await this.#database.transaction(async (queries) => {
      await openBalances(queries, [account]);
      const left = await charge(queries, account.name, record.price);
      if (left === undefined) {
        throw new OrderError({ reason: 'balance', balance: (await balanceOf(queries, account.name)) ?? 0 });
      }
      await queries.insertInto('ondemand_deployments').values(record).execute();
      return left;
    });
  }

  /** Takes an order back, if there is such a one, that was not answered for lack of a database. */
  async withdraw(id: string): Promise<void> {
    await this.#database.transaction(async (queries) => {
      const order = await queries
        .deleteFrom('ondemand_deployments')
        .where('id', '=', id)
        .where('state', '=', 'accepted')
        .returning(['account', 'price'])
        .executeTakeFirst();
      if (order) await pay(queries, order.account, order.price);
    });
  }

  /** `deploying`. */
  async begin(id: string): Promise<void> {
    await this.#move(this.#database.queries, id, ['accepted'], { state: 'deploying' });
  }

  /** `active`, with the success callback. @param length of its hours, in ms @returns when they are over, Unix time in ms */
  async activate(record: DeploymentRecord, recorders: readonly RecorderAccess[], length: number): Promise<number> {
    const expiresAt = await this.#database.transaction(async (queries) => {
      const expiry = this.#clock.now() + length;
      const moved = await this.#move(queries, record.id, ['deploying'], { state: 'active', expires_at: expiry });
      if (!moved) return await this.#expiryOf(queries, record.id);
      const rows = recorders.map(({ id, address, token = null }, position) => {
        return { id, deployment_id: record.id, position, ...address, token };
      });
      await queries.insertInto('ondemand_recorders').values(rows).execute();
      await this.#callbacks.add(queries, record, successBody(record.id, recorders, expiry));
      return expiry;
    });
    this.#callbacks.wake();
    return expiresAt;
  }

  /** `failed`, with the refund and the failure callback. @returns false when it was active or had ended, and nothing was done */
  async fail(record: DeploymentRecord, failure: DeploymentFailure): Promise<boolean> {
    const isPaidBack = await this.#database.transaction(async (queries) => {
      const ended = { state: 'failed', ended_at: this.#clock.now() } as const;
      if (!(await this.#move(queries, record.id, ['accepted', 'deploying'], ended))) return false;
      await pay(queries, record.account, record.price);
      await this.#callbacks.add(queries, record, failureBody(record.id, failure));
      return true;
    });
    this.#callbacks.wake();
    return isPaidBack;
  }

  /** `draining`. */
  async drain(id: string): Promise<void> {
    await this.#move(this.#database.queries, id, ['active'], { state: 'draining' });
  }

  /** `expired`. */
  async expire(id: string): Promise<void> {
    const ended = { state: 'expired', ended_at: this.#clock.now() } as const;
    await this.#move(this.#database.queries, id, ['active', 'draining'], ended);
  }

  /** Deployments of this server that have not ended, the oldest first. */
  async unfinished(): Promise<DeploymentRecord[]> {
    return await this.#database.queries
      .selectFrom('ondemand_deployments')
      .selectAll()
      .where('node', '=', this.node)
      .where('state', 'in', ['accepted', 'deploying', 'active', 'draining'])
      .orderBy('ordered_at')
      .execute();
  }

  /** The recorders of a deployment, in the order of its callback. */
  async recordersOf(id: string): Promise<RecorderAccess[]> {
    const rows = await this.#database.queries
      .selectFrom('ondemand_recorders')
      .selectAll()
      .where('deployment_id', '=', id)
      .orderBy('position')
      .execute();
    return rows.map(({ id: recorderId, ip, port, token }) => {
      return { id: recorderId, address: { ip, port }, token: token ?? undefined };
    });
  }

  /** Counts all deployments that this server ever had, by state. */
  async count(): Promise<DeploymentCount[]> {
    const rows = await this.#database.queries
      .selectFrom('ondemand_deployments')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
      .where('node', '=', this.node)
      .groupBy('state')
      .execute();
    return states.map((state) => ({ state, count: rows.find((row) => row.state === state)?.count ?? 0 }));
  }

  /** Ids of active deployments of this server that the administrator wants ended. */
  async toEnd(): Promise<string[]> {
    const rows = await this.#database.queries
      .selectFrom('ondemand_deployments')
      .select('id')
      .where('node', '=', this.node)
      .where('state', '=', 'active')
      .where('end_requested', '=', 1)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** @returns false when it was in none of the states, say because this was written before the connection broke */
  async #move(queries: Queries, id: string, from: readonly State[], to: Partial<DeploymentRecord>): Promise<boolean> {
    const { numUpdatedRows } = await queries
      .updateTable('ondemand_deployments')
      .set(to)
      .where('id', '=', id)
      .where('state', 'in', from)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async #expiryOf(queries: Queries, id: string): Promise<number> {
    const { expires_at } = await queries
      .selectFrom('ondemand_deployments')
      .select('expires_at')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return expires_at ?? 0;
  }
}
