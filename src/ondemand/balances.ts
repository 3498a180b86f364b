import type { Queries } from '../database/tables.ts';
import type { Account } from './account.ts';
import { maxCents } from './cents.ts';

/** Rows of one statement: the engines limit its values. */
const rowsAtOnce = 1000;

/** Gives new accounts the balance that they begin with. Those of the others stay as they are. */
export async function openBalances(queries: Queries, accounts: readonly Account[]): Promise<void> {
  for (let start = 0; start < accounts.length; start += rowsAtOnce) {
    const rows = accounts
      .slice(start, start + rowsAtOnce)
      .map(({ name, openingBalance: balance }) => ({ name, balance }));
    await queries
      .insertInto('ondemand_accounts')
      .values(rows)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
  }
}

/** Cents of an account; undefined: it has never been opened. */
export async function balanceOf(queries: Queries, account: string): Promise<number | undefined> {
  const row = await queries
    .selectFrom('ondemand_accounts')
    .select('balance')
    .where('name', '=', account)
    .executeTakeFirst();
  return row?.balance;
}

/** Takes cents from an account that has as many. @returns what is left; undefined: it has less, and keeps it */
export async function charge(queries: Queries, account: string, cents: number): Promise<number | undefined> {
  const row = await queries
    .updateTable('ondemand_accounts')
    .set((set) => ({ balance: set('balance', '-', cents) }))
    .where('name', '=', account)
    .where('balance', '>=', cents)
    .returning('balance')
    .executeTakeFirst();
  return row?.balance;
}

/** Adds cents to an account. @returns its balance; undefined: there is no such account, or it would have too much */
export async function pay(queries: Queries, account: string, cents: number): Promise<number | undefined> {
  const row = await queries
    .updateTable('ondemand_accounts')
    .set((set) => ({ balance: set('balance', '+', cents) }))
    .where('name', '=', account)
    .where('balance', '<=', maxCents * 10 - cents)
    .returning('balance')
    .executeTakeFirst();
  return row?.balance;
}
