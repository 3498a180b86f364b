import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readDatabase } from '../config/database.ts';
import { Environment, type EnvironmentRecord } from '../config/environment.ts';
import { readGeneral } from '../config/general.ts';
import { readOnDemand } from '../config/ondemand.ts';
import { variables } from '../config/variables.ts';
import { Database } from '../database/database.ts';
import { createLogger } from '../log/logger.ts';
import type { Account } from './account.ts';
import { readAccounts } from './accounts-file.ts';
import { openBalances, pay } from './balances.ts';
import { readCents, writeCents } from './cents.ts';

const usage = `usage: npm run jod -- <command>

  accounts                      balances, prices and domains
  deployments [--all]           recorders that are ordered; --all: those of the past, too
  top-up <account> <amount>     adds an amount such as 12.50 to a balance
  end <deployment>              ends recorders as if their hours were over; nothing is paid back

The environment variables are those of the server (JOD_ACCOUNTS_FILE, FJ_RESOURCES_BASE_PATH, SHOAL_DATABASE_URL), which may be running.`;

/** What the administrator has asked for is not possible; the message says why, in a line. */
class CommandError extends Error {
  override readonly name = 'CommandError';
}

interface CommandOptions {
  readonly database: Database;
  readonly accounts: readonly Account[];
  /** `--all` */
  readonly all: boolean;
}

/** @returns the lines to print @throws CommandError */
type Command = (args: readonly string[], options: CommandOptions) => Promise<string[]>;

const commands: Readonly<Record<string, { readonly run: Command; readonly arguments: number }>> = {
  accounts: { run: listAccounts, arguments: 0 },
  deployments: { run: listDeployments, arguments: 0 },
  'top-up': { run: topUp, arguments: 2 },
  end: { run: end, arguments: 1 },
};

/**
 * The administrator's commands: docs/contracts/jod.md 3 and 9. @param args without those of Node.js @param print gets a line
 * @returns the exit code
 */
export async function runCommandLine(
  args: readonly string[],
  environment: EnvironmentRecord,
  print: { readonly output: (line: string) => void; readonly error: (line: string) => void },
): Promise<number> {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, all: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name = '', ...rest] = positionals;
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (values.help) print.output(usage);
    if (values.help) return 0;
    if (!command || rest.length !== command.arguments) throw new CommandError('see npm run jod -- --help');
    const lines = await withDatabase(environment, ({ database, accounts }) => {
      return command.run(rest, { database, accounts, all: values.all ?? false });
    });
    for (const line of lines) print.output(line);
    return 0;
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    print.error(`jod: ${line}`);
    return 1;
  }
}

async function withDatabase(
  record: EnvironmentRecord,
  run: (opened: { readonly database: Database; readonly accounts: readonly Account[] }) => Promise<string[]>,
): Promise<string[]> {
  const environment = new Environment(record, variables);
  const config = readOnDemand(environment);
  if (!config) throw new CommandError('JOD_ACCOUNTS_FILE is unset.');
  const { resourcesBasePath } = readGeneral(environment, process.cwd());
  const { accounts } = await readAccounts(config.accounts);
  const logger = createLogger({ level: 'error', structured: false }, { write: () => undefined });
  const place = readDatabase(environment, resourcesBasePath);
  // A new one would take money that no server sees.
  if (!place.url && !existsSync(place.file)) {
    throw new CommandError(
      `There is no ${place.file}: is FJ_RESOURCES_BASE_PATH that of the server, and was it started?`,
    );
  }
  const database = await Database.open({ ...place, logger });
  try {
    return await run({ database, accounts });
  } finally {
    await database.close();
  }
}

async function listAccounts(_args: readonly string[], { database, accounts }: CommandOptions): Promise<string[]> {
  await openBalances(database.queries, accounts);
  const rows = await database.queries.selectFrom('ondemand_accounts').selectAll().orderBy('name').execute();
  const cells = rows.map(({ name, balance }) => {
    const account = accounts.find((each) => each.name === name);
    const domains = account?.domains.map(({ domain, configured }) => (configured ? domain : `${domain} (incomplete)`));
    const price = account ? String(account.pricePerRecorderHour) : 'not in the file';
    return [name, writeCents(balance), price, domains?.join(' ') ?? ''];
  });
  return table([['ACCOUNT', 'BALANCE', 'PRICE', 'DOMAINS'], ...cells]);
}

async function listDeployments(_args: readonly string[], { database, all }: CommandOptions): Promise<string[]> {
  const query = database.queries.selectFrom('ondemand_deployments').selectAll().orderBy('ordered_at');
  const rows = await (all ? query : query.where('state', 'not in', ['expired', 'failed'])).execute();
  const cells = rows.map(
    ({ id, account, state, recorders, location, domain, price, ordered_at, expires_at, end_requested }) => {
      const ending = end_requested === 1 && state === 'active' ? 'ending' : state;
      const times = [ordered_at, expires_at].map((time) => (time === null ? '' : new Date(time).toISOString()));
      return [id, account, ending, String(recorders), location, domain, writeCents(price), ...times];
    },
  );
  const head = ['DEPLOYMENT', 'ACCOUNT', 'STATE', 'RECORDERS', 'LOCATION', 'DOMAIN', 'PRICE', 'ORDERED', 'UNTIL'];
  return table([head, ...cells]);
}

async function topUp([name = '', amount = '']: readonly string[], { database, accounts }: CommandOptions) {
  const account = accounts.find((each) => each.name === name);
  if (!account) throw new CommandError(`The accounts file has no account ${name}.`);
  const cents = readCents(amount);
  if (!cents) throw new CommandError(`${amount} is no amount: it has to be positive, with at most two decimals.`);
  const balance = await database.transaction(async (queries) => {
    await openBalances(queries, [account]);
    return await pay(queries, name, cents);
  });
  if (balance === undefined) throw new CommandError('The balance would be too large.');
  return [`${name}: ${writeCents(balance - cents)} -> ${writeCents(balance)}`];
}

async function end([id = '']: readonly string[], { database }: CommandOptions): Promise<string[]> {
  const row = await database.queries
    .updateTable('ondemand_deployments')
    .set({ end_requested: 1 })
    .where('id', '=', id)
    .returning('state')
    .executeTakeFirst();
  if (!row) throw new CommandError(`There is no deployment ${id}.`);
  if (row.state === 'expired' || row.state === 'failed')
    throw new CommandError(`The deployment has ended: ${row.state}.`);
  return [`${id} ends now; a running session has the grace.`];
}

/** Columns of equal width. */
function table(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

if (import.meta.main) {
  const print = { output: console.log, error: console.error };
  process.exitCode = await runCommandLine(process.argv.slice(2), process.env, print);
}
