import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import type { Config } from '../config/config.ts';
import type { OnDemandConfig } from '../config/ondemand.ts';
import { isUnavailable } from '../database/availability.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log/logger.ts';
import { AddressGuard } from '../net/address-guard.ts';
import type { Slots } from '../recorder/slots.ts';
import type { Account } from './account.ts';
import { Accounts } from './accounts.ts';
import { openBalances } from './balances.ts';
import { CallbackTargets } from './callback-targets.ts';
import { Callbacks } from './callbacks.ts';
import { priceOf } from './cents.ts';
import { type DeploymentCount, type DeploymentRecord, DeploymentRecords } from './deployment-records.ts';
import { Deployments } from './deployments.ts';
import { nodeId } from './node-id.ts';
import { type Order, OrderError, type OrderFields, type WantedRecorders, wantedRecorders } from './order.ts';
import { OrderRate } from './order-rate.ts';
import type { OpenRecorderPort } from './ordered-recorder.ts';
import { type AddressSettings, poolAddresses } from './recorder-address.ts';
import { RecorderPool } from './recorder-pool.ts';
import { listeningAnywhere } from './recorder-port.ts';

export interface OnDemandOptions {
  readonly config: AddressSettings & Pick<Config, 'http' | 'outbound' | 'database' | 'resourcesBasePath'>;
  readonly database: Database;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface OnDemandParts {
  readonly settings: OnDemandConfig;
  readonly accounts: Accounts;
  readonly callbacks: Callbacks;
  readonly targets: CallbackTargets;
  readonly records: DeploymentRecords;
  readonly pool: RecorderPool;
}

/** Networks that callbacks are kept from with `JOD_BLOCK_PRIVATE_CALLBACKS`. */
const privateNetworks = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['::1/128', 'fc00::/7'],
];

/** Seconds after which somebody may order again: when orders are not taken, and when the database is away. */
const retryAfter = { closed: 60, unavailable: 10 };

/** Recorders that customers order for some hours: docs/contracts/jod.md 1 to 8. */
export class OnDemand {
  readonly #options: OnDemandOptions;
  readonly #parts: OnDemandParts;
  readonly #rate: OrderRate;
  /** Charged, but not yet responded to. */
  readonly #accepted = new Map<string, DeploymentRecord>();
  #deployments: Deployments | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: OnDemandOptions, parts: OnDemandParts) {
    this.#options = options;
    this.#parts = parts;
    this.#rate = new OrderRate(parts.settings.ordersPerMinute, options.clock);
    parts.accounts.observer.on('changed', () => void this.#openBalances());
  }

  /** Opens the accounts; deployments begin with {@link start}. @throws StartError when the accounts cannot be read */
  static async open(options: OnDemandOptions): Promise<OnDemand> {
    const { config, database, clock, logger } = options;
    const { onDemand: settings, outbound, database: databaseSettings, resourcesBasePath } = config;
    if (!settings) throw new Error('JOD_ACCOUNTS_FILE is unset.');
    const accounts = await Accounts.open(settings.accounts, clock, logger);
    try {
      // A file belongs to one server, and may be restored without its folder.
      const node = databaseSettings.url ? await nodeId(join(resourcesBasePath, 'node-id')) : 'this';
      const { allow, deny } = outbound;
      const guard = new AddressGuard({ allow, deny: settings.blockPrivate ? [...deny, ...privateNetworks] : deny });
      const pool = new RecorderPool(await poolAddresses(config, { clock, logger }), settings.locations);
      await openBalances(database.queries, accounts.all);
      const callbacks = new Callbacks({ database, accounts, guard, clock, logger });
      const records = new DeploymentRecords({ database, callbacks, node, clock });
      const targets = new CallbackTargets(guard, clock);
      return new OnDemand(options, { settings, accounts, callbacks, targets, records, pool });
    } catch (error) {
      await accounts.close();
      throw error;
    }
  }

  /** Restores deployments and takes orders from now on. To be called when the server listens. */
  async start(openPort: OpenRecorderPort): Promise<void> {
    const { config, slots, clock, logger } = this.#options;
    const { settings, records, pool, callbacks } = this.#parts;
    this.#deployments = await Deployments.open({
      config: settings,
      openPort: listeningAnywhere(openPort, config.http.ip, logger),
      ...{ records, pool, slots, clock, logger },
    });
    callbacks.wake();
  }

  /** Charges an account. The deployment waits for {@link deploy}. @throws OrderError, with `unavailable` when the database is away, too */
  async order(fields: OrderFields): Promise<Order> {
    const { settings, accounts, targets } = this.#parts;
    if (settings.maintenance || !this.#deployments || this.#closing) throw unavailable(retryAfter.closed);
    const account = accounts.withKey(fields.apiKey ?? '');
    if (!account) throw new OrderError({ reason: 'unknownKey' });
    const seconds = this.#rate.count(account.name);
    if (seconds > 0) throw unavailable(seconds);
    const wanted = wantedRecorders(fields, settings);
    if (!(await targets.permits(wanted.callbackUrl))) {
      throw new OrderError({ reason: 'invalid', field: 'callback_url' });
    }
    const record = this.#recordOf(wanted, account);
    const balance = await this.#charge(record, account);
    this.#accepted.set(record.id, record);
    const { id: deploymentId, recorders, hours, location, price } = record;
    const ordered = { deploymentId, account: account.name, recorders, hours, location, price, balance };
    this.#options.logger.info(ordered, 'Recorders were ordered.');
    return { deploymentId, balance };
  }

  /** Begins a deployment: to be called when the response to its order has been sent, or has failed. */
  deploy(deploymentId: string): void {
    const record = this.#accepted.get(deploymentId);
    this.#accepted.delete(deploymentId);
    if (record) this.#deployments?.deploy(record);
  }

  /** Counts all deployments that this server ever had, by state. @throws ShoalError databaseUnavailable */
  async countDeployments(): Promise<DeploymentCount[]> {
    return await this.#parts.records.count();
  }

  /** Deployments go on with the next start. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const { accounts, callbacks } = this.#parts;
    await accounts.close();
    await this.#deployments?.close();
    await callbacks.close();
  }

  /** @throws OrderError incompleteDomain */
  #recordOf({ domain, recorders, hours, location, callbackUrl }: WantedRecorders, account: Account): DeploymentRecord {
    const own = account.domains.find((each) => each.domain === domain && each.configured);
    if (!own) throw new OrderError({ reason: 'incompleteDomain' });
    return {
      ...{ id: randomUUID(), node: this.#parts.records.node, account: account.name },
      ...{ domain, room_prefix: own.room_prefix ?? null, tenant: own.tenant ?? null },
      ...{ recorders, hours, location, callback_url: callbackUrl.href },
      price: priceOf(recorders, hours, account.pricePerRecorderHour),
      ...{ state: 'accepted', ordered_at: this.#options.clock.now() },
      ...{ expires_at: null, ended_at: null, end_requested: 0 },
    };
  }

  async #charge(record: DeploymentRecord, account: Account): Promise<number> {
    try {
      return await this.#parts.records.add(record, account);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#deployments?.withdraw(record.id);
      this.#options.logger.error({ cause: error.message }, 'An order of recorders could not be charged.');
      throw unavailable(retryAfter.unavailable);
    }
  }

  async #openBalances(): Promise<void> {
    const { database, logger } = this.#options;
    try {
      await openBalances(database.queries, this.#parts.accounts.all);
    } catch (error) {
      // The first order opens it, too.
      logger.warn({ cause: (error as Error).message }, 'New accounts could not be opened at the moment.');
    }
  }
}

function unavailable(seconds: number): OrderError {
  return new OrderError({ reason: 'unavailable', retryAfter: seconds });
}
