import type { Kysely } from 'kysely';
import { createOutbox } from './0001-outbox.ts';
import { createOnDemand } from './0002-ondemand.ts';
import { createScheduling } from './0003-scheduling.ts';

/** Runs inside a transaction. It must not use the types of today's tables: they change, it does not. */
export type Migration = (database: Kysely<unknown>) => Promise<void>;

/** In their order; one that was released is never changed. The number of them is the version of the database. */
export const migrations: readonly Migration[] = [createOutbox, createOnDemand, createScheduling];
