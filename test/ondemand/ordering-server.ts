import { EventEmitter } from 'node:events';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { OnDemand } from '../../src/ondemand/on-demand.ts';
import type { OrderFields } from '../../src/ondemand/order.ts';
import type { OpenRecorderPort } from '../../src/ondemand/ordered-recorder.ts';
import { writeAddress } from '../../src/ondemand/recorder-address.ts';
import type { Session } from '../../src/recorder/session.ts';
import type { Slot } from '../../src/recorder/slot.ts';
import { Slots } from '../../src/recorder/slots.ts';
import { HeldClock } from '../clock/held-clock.ts';
import type { TestEngine } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { Receiver } from '../net/receiver.ts';

/** Ports of recorders that are none. */
class PortsDouble {
  readonly open = new Map<string, Slot>();
  /** Addresses that others have. */
  readonly busy = new Set<string>();
  /** Until it resolves no port is opened. */
  gate: Promise<void> = Promise.resolve();

  readonly openPort: OpenRecorderPort = async (slot, address) => {
    const name = writeAddress(address);
    await this.gate;
    if (this.busy.has(name) || this.open.has(name)) {
      throw Object.assign(new Error(`${name} is in use`), { code: 'EADDRINUSE' });
    }
    this.open.set(name, slot);
    return {
      close: async () => {
        if (this.open.get(name) === slot) this.open.delete(name);
      },
    };
  };
}

const address = '10.0.0.5';

/** An account of the file. */
interface WrittenAccount {
  readonly name: string;
  readonly apiKey?: string;
  readonly balance?: number;
  readonly pricePerRecorderHour?: number;
  readonly callbackSecret?: string;
}

/** What is the same after a restart: accounts, time, what receives callbacks. */
export class OrderingPlace {
  readonly clock = new HeldClock(Date.UTC(2026, 0, 1));
  readonly receiver: Receiver;
  readonly engine: TestEngine;
  readonly #t: Test;
  readonly #accounts: string;

  private constructor(t: Test, engine: TestEngine, receiver: Receiver, accounts: string) {
    this.#t = t;
    this.engine = engine;
    this.receiver = receiver;
    this.#accounts = accounts;
  }

  /** @param accounts of the file; the key of each is `key-<name>`, the domain `meet.example` */
  static async open(t: Test, engine: TestEngine, ...accounts: readonly WrittenAccount[]): Promise<OrderingPlace> {
    const folder = join(engine.variables.FJ_RESOURCES_BASE_PATH ?? '', 'etc');
    await mkdir(folder);
    const place = new OrderingPlace(t, engine, await Receiver.start(t), join(folder, 'accounts.json'));
    await place.writeAccounts(...accounts);
    return place;
  }

  async writeAccounts(...accounts: readonly WrittenAccount[]): Promise<void> {
    const domains = [
      { domain: 'meet.example', configured: true, room_prefix: 'acme-' },
      { domain: 'unfinished.example', configured: false },
    ];
    const all = accounts.map((account) => ({ apiKey: `key-${account.name}`, domains, ...account }));
    await writeFile(`${this.#accounts}~`, JSON.stringify({ accounts: all }));
    await rename(`${this.#accounts}~`, this.#accounts);
  }

  /** Starts a server with recorders at 10.0.0.5, port 2222 and those after it. */
  async start(variables: Record<string, string> = {}, isStarted = true): Promise<OrderingServer> {
    const ports = [2222, 2223, 2224].map((port) => `${address}:${port}`).join();
    const config = await readConfig({
      ...{ JOD_ACCOUNTS_FILE: this.#accounts, JOD_RECORDER_ADDRESSES: ports },
      ...this.engine.variables,
      ...variables,
    });
    const { clock } = this;
    const database = await this.engine.open();
    const slots = new Slots({ id: 'jibri', count: 1, singleUse: false });
    const onDemand = await OnDemand.open({ config, database, slots, clock, logger: silentLogger });
    const server = new OrderingServer(onDemand, database, slots, this.receiver.url);
    this.#t.teardown(() => server.stop());
    if (isStarted) await server.start();
    return server;
  }
}

/** A server of recorders on demand without network of its own. */
export class OrderingServer {
  readonly onDemand: OnDemand;
  readonly database: Database;
  readonly slots: Slots;
  readonly ports = new PortsDouble();
  readonly #callbackUrl: string;

  constructor(onDemand: OnDemand, database: Database, slots: Slots, callbackUrl: string) {
    this.onDemand = onDemand;
    this.database = database;
    this.slots = slots;
    this.#callbackUrl = callbackUrl;
  }

  /** An order of two recorders by the account `acme`. */
  get fields() {
    return {
      ...{ apiKey: 'key-acme', domain: 'meet.example', recorders: '2', duration: '3', location: 'fra' },
      callback_url: this.#callbackUrl,
    };
  }

  /** Addresses of recorders that can be reached. */
  get addresses(): string[] {
    return [...this.ports.open.keys()].sort();
  }

  async start(): Promise<void> {
    await this.onDemand.start(this.ports.openPort);
  }

  async order(change: Partial<OrderFields> = {}) {
    return await this.onDemand.order({ ...this.fields, ...change });
  }

  /** Orders, and waits until recorders are there. @returns the id of the deployment */
  async deploy(change: Partial<OrderFields> = {}): Promise<string> {
    const { deploymentId } = await this.order(change);
    this.onDemand.deploy(deploymentId);
    await this.whenState(deploymentId, 'active');
    return deploymentId;
  }

  async deployment(id: string) {
    const query = this.database.queries.selectFrom('ondemand_deployments').selectAll().where('id', '=', id);
    return await query.executeTakeFirstOrThrow();
  }

  async whenState(id: string, state: string): Promise<void> {
    await eventually(`the deployment is ${state}`, async () => (await this.deployment(id)).state === state);
  }

  /** Waits until every callback was delivered. */
  async whenTold(): Promise<void> {
    const query = this.database.queries.selectFrom('outbox').select('id').where('topic', '=', 'callback');
    await eventually('callbacks were delivered', async () => (await query.execute()).length === 0);
  }

  async balance(name = 'acme'): Promise<number> {
    const query = this.database.queries.selectFrom('ondemand_accounts').select('balance').where('name', '=', name);
    return (await query.executeTakeFirstOrThrow()).balance;
  }

  /** The recorder at a port. */
  slotAt(port: number): Slot {
    const slot = this.ports.open.get(`${address}:${port}`);
    if (!slot) throw new Error(`No recorder listens on port ${port}.`);
    return slot;
  }

  /** As a server is stopped. Idempotent. */
  async stop(): Promise<void> {
    await this.slots.close();
    await this.onDemand.close();
    await this.database.close();
  }
}

/** A session that runs until it is stopped, or ended. */
export class SessionDouble {
  stopped = false;
  readonly #done = Promise.withResolvers<void>();

  constructor(slot: Slot) {
    const session = {
      ...{ request: {}, observer: new EventEmitter(), done: this.#done.promise },
      stop: () => {
        this.stopped = true;
        this.end();
      },
    };
    if (!slot.start(() => session as unknown as Session)) throw new Error('The recorder is not idle.');
  }

  end(): void {
    this.#done.resolve();
  }
}
