import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Clock } from '../clock/clock.ts';
import { Deadline } from '../clock/deadline.ts';
import { pause } from '../clock/pause.ts';
import type { OnDemandConfig } from '../config/ondemand.ts';
import type { Logger } from '../log/logger.ts';
import type { Slot } from '../recorder/slot.ts';
import type { Slots } from '../recorder/slots.ts';
import type { DeploymentFailure, RecorderAccess } from './callback-body.ts';
import type { DeploymentRecord, DeploymentRecords } from './deployment-records.ts';
import { type OpenRecorderPort, OrderedRecorder } from './ordered-recorder.ts';
import { type RecorderAddress, writeAddress } from './recorder-address.ts';
import type { RecorderPool, Reservation } from './recorder-pool.ts';
import { untilAvailable } from './until-available.ts';

/** Milliseconds for opening all recorders: docs/contracts/jod.md 7. */
const deployTimeout = 60_000;
/** Milliseconds between two attempts to listen where a recorder was before the restart. */
const listenInterval = 5000;

export interface DeploymentOptions {
  readonly config: Pick<OnDemandConfig, 'hour' | 'grace' | 'tokenRequired'>;
  readonly records: DeploymentRecords;
  readonly pool: RecorderPool;
  readonly slots: Slots;
  readonly openPort: OpenRecorderPort;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Recorders of a customer for some hours, from the order on: docs/contracts/jod.md 7. Every state is on disk before it is acted upon. */
export class Deployment {
  readonly id: string;
  /** Resolves when it has ended, or stopped with the server. Never rejects. */
  readonly ended: Promise<void>;
  readonly #ended = Promise.withResolvers<void>();
  readonly #record: DeploymentRecord;
  readonly #options: DeploymentOptions;
  readonly #logger: Logger;
  readonly #recorders: OrderedRecorder[] = [];
  /** Aborts when the server stops. */
  readonly #stop = new AbortController();
  /** Aborts when its hours are over. */
  readonly #over = new AbortController();
  #reservation: Reservation | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(record: DeploymentRecord, options: DeploymentOptions) {
    this.id = record.id;
    this.ended = this.#ended.promise;
    this.#record = record;
    this.#options = options;
    this.#logger = options.logger.child({ deploymentId: record.id, account: record.account });
  }

  /** Opens recorders for an accepted order. */
  deploy(): void {
    this.#running = this.#run(() => this.#deploy());
  }

  /** Gives up what a server that died was deploying. */
  giveUp(): void {
    this.#running = this.#run(() => this.#fail('trouble', 'It was interrupted.'));
  }

  /** Opens recorders that there were before the server was restarted. Resolves when each was tried once. */
  async restore(recorders: readonly RecorderAccess[]): Promise<void> {
    const opened = Promise.withResolvers<void>();
    this.#running = this.#run(() => this.#restore(recorders).finally(opened.resolve));
    await opened.promise;
  }

  /** Ends it as if its hours were over. */
  end(): void {
    this.#over.abort();
  }

  /** Closes its ports. It goes on with the next start. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#recorders.map((recorder) => recorder.closePort()));
  }

  /** @param begin resolves with the end of its hours, in ms of the monotonic clock; undefined: it has ended already */
  async #run(begin: () => Promise<number | undefined>): Promise<void> {
    try {
      const end = await begin();
      if (end !== undefined) await this.#live(end);
    } catch (err) {
      if (!this.#stop.signal.aborted) await this.#abandon(err);
    } finally {
      this.#ended.resolve();
    }
  }

  /** Nobody keeps recorders of a deployment that nobody looks after; one that was not active yet is paid back. Never rejects. */
  async #abandon(err: unknown): Promise<void> {
    this.#logger.error({ err }, 'A deployment of recorders has met an error.');
    try {
      await this.#fail('trouble', 'It has met an error.');
    } catch (error) {
      // The next start goes on with what the database has of it.
      if (!this.#stop.signal.aborted)
        this.#logger.error({ err: error }, 'A deployment of recorders was left as it is.');
    }
  }

  async #deploy(): Promise<number | undefined> {
    const { records, pool, config, clock } = this.#options;
    const { location, recorders: count, hours } = this.#record;
    await this.#write(() => records.begin(this.id));
    this.#reservation = pool.reserve(location, count);
    if (!this.#reservation) return await this.#fail('noRecorders', 'The location has too few recorders.');
    const opened = await this.#openAll(this.#reservation);
    if (typeof opened === 'string') return await this.#fail(opened, 'Recorders could not be opened.');
    const length = hours * config.hour;
    let begin = 0;
    const expiresAt = await this.#write(() => {
      begin = clock.monotonic();
      return records.activate(this.#record, opened, length);
    });
    const addresses = opened.map(({ address }) => writeAddress(address));
    this.#logger.info({ addresses, expiresAt: new Date(expiresAt).toISOString() }, 'Recorders on demand are deployed.');
    return begin + length;
  }

  async #restore(recorders: readonly RecorderAccess[]): Promise<number | undefined> {
    const { clock, records, pool } = this.#options;
    const { expires_at: expiresAt, state, location } = this.#record;
    const left = (expiresAt ?? 0) - clock.now();
    const end = clock.monotonic() + left;
    // No session has survived the restart: there is nothing to wait for.
    if (state === 'draining' || left <= 0) {
      await this.#write(() => records.expire(this.id));
      this.#logger.info('Recorders on demand have expired while the server was stopped.');
      return undefined;
    }
    this.#reservation = pool.claim(
      location,
      recorders.map(({ address }) => address),
    );
    await Promise.all(recorders.map((recorder) => this.#reopen(recorder)));
    this.#logger.info({ recorders: recorders.length }, 'Recorders on demand are there again.');
    return end;
  }

  /** Opens one recorder per address of the reservation. @returns how customers reach them, or why there are none */
  async #openAll(reservation: Reservation): Promise<RecorderAccess[] | DeploymentFailure> {
    const late = new Deadline(this.#options.clock, deployTimeout);
    try {
      const signal = AbortSignal.any([late.signal, this.#stop.signal]);
      const opening = reservation.addresses.map((address) => this.#openAt(address, reservation));
      const access = await Promise.race([Promise.all(opening), once(signal, 'abort').then(() => undefined)]);
      this.#stop.signal.throwIfAborted();
      if (access === undefined) return 'trouble';
      const opened = access.filter((each) => each !== undefined);
      if (opened.length < access.length) return 'noRecorders';
      if (!this.#recorders.every(({ ready }) => ready)) return 'trouble';
      reservation.keep(opened.map(({ address }) => address));
      return opened;
    } finally {
      late.close();
    }
  }

  /** Opens a recorder at an address, or at another one of the pool. @returns undefined when none can be listened on */
  async #openAt(first: RecorderAddress, reservation: Reservation): Promise<RecorderAccess | undefined> {
    const recorder = this.#addRecorder({ id: randomUUID(), token: this.#newToken() });
    for (let address: RecorderAddress | undefined = first; address; address = reservation.takeAnother()) {
      try {
        await recorder.listen(address);
        return recorder.accessAt(address);
      } catch (error) {
        this.#warnOfAddress(address, error);
      }
    }
    return undefined;
  }

  /** Opens a recorder where it was. When that fails, it is tried again in the background until the deployment ends. */
  async #reopen({ id, token, address }: RecorderAccess): Promise<void> {
    const recorder = this.#addRecorder({ id, token });
    const listen = () =>
      recorder.listen(address).then(
        () => true,
        (error: unknown) => error,
      );
    const result = await listen();
    if (result === true) return;
    this.#warnOfAddress(address, result);
    const signal = AbortSignal.any([this.#stop.signal, this.#over.signal]);
    const again = async () => {
      do await pause(this.#options.clock, listenInterval, signal);
      while (!signal.aborted && (await listen()) !== true);
    };
    void again();
  }

  #addRecorder({ id, token }: Pick<RecorderAccess, 'id' | 'token'>): OrderedRecorder {
    const { slots, openPort } = this.#options;
    const { domain, room_prefix: roomPrefix, tenant } = this.#record;
    const customer = { domain, roomPrefix: roomPrefix ?? undefined, tenant: tenant ?? undefined };
    const recorder = new OrderedRecorder({ id, token, customer, slots, openPort });
    this.#recorders.push(recorder);
    return recorder;
  }

  #newToken(): string | undefined {
    return this.#options.config.tokenRequired ? randomBytes(24).toString('base64url') : undefined;
  }

  #warnOfAddress(address: RecorderAddress, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.#logger.warn({ address: writeAddress(address), cause }, 'A recorder cannot listen there at the moment.');
  }

  /** Waits for the end of its hours, then for that of its sessions. @param end in ms of the monotonic clock */
  async #live(end: number): Promise<void> {
    const { clock, records } = this.#options;
    await pause(clock, end - clock.monotonic(), AbortSignal.any([this.#stop.signal, this.#over.signal]));
    this.#over.abort();
    await this.#write(() => records.drain(this.id));
    await this.#drain();
    await Promise.all(this.#recorders.map((recorder) => recorder.close()));
    await this.#write(() => records.expire(this.id));
    this.#reservation?.release();
    this.#logger.info('Recorders on demand have expired.');
  }

  /** Idle recorders end, busy ones finish their session, or it is stopped after the grace. */
  async #drain(): Promise<void> {
    const { clock, config } = this.#options;
    const slots = this.#recorders.map(({ slot }) => slot);
    for (const slot of slots) slot.whenIdle('expire');
    const cancel = clock.schedule(config.grace, () => {
      for (const slot of slots) void slot.stop();
    });
    try {
      await Promise.all(slots.map((slot) => untilIdle(slot, this.#stop.signal)));
    } finally {
      cancel();
    }
  }

  /** Closes what was opened; then the refund. */
  async #fail(failure: DeploymentFailure, reason: string): Promise<undefined> {
    await Promise.all(this.#recorders.map((recorder) => recorder.close()));
    this.#reservation?.release();
    const isPaidBack = await this.#write(() => this.#options.records.fail(this.#record, failure));
    if (isPaidBack) this.#logger.warn({ reason }, 'A deployment of recorders failed and was paid back.');
  }

  async #write<Result>(run: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#options;
    return await untilAvailable(run, { clock, signal: this.#stop.signal, logger: this.#logger });
  }
}

/** Resolves when no session runs in a slot. @throws when the signal aborts */
async function untilIdle(slot: Slot, signal: AbortSignal): Promise<void> {
  while (slot.running) await once(slot.observer, 'status', { signal });
}
