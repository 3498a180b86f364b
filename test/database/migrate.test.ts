// From every earlier version, with rows in it.
import { Kysely, SqliteAdapter, sql } from 'kysely';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { Availability } from '../../src/database/availability.ts';
import { migrateFile, migratePostgres } from '../../src/database/migrate.ts';
import { type Migration, migrations } from '../../src/database/migrations/migrations.ts';
import { PostgresPoolDialect } from '../../src/database/postgres-dialect.ts';
import { PostgresConnections } from '../../src/database/postgres-pool.ts';
import { SqliteFileDialect } from '../../src/database/sqlite-dialect.ts';
import { SqliteFile } from '../../src/database/sqlite-file.ts';
import type { Tables } from '../../src/database/tables.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { onBothEngines, type TestEngine } from './engines.ts';

const availability = new Availability(silentLogger, systemClock);

/** Statements without tables that are up to date. */
function openUnmigrated(t: Pick<Test, 'teardown'>, { place }: TestEngine) {
  const dialect = place.url
    ? new PostgresPoolDialect(new PostgresConnections(place.url, availability))
    : new SqliteFileDialect(new SqliteFile(place.file), availability, systemClock);
  const queries = new Kysely<Tables>({ dialect });
  t.teardown(() => queries.destroy());
  const migrate = async (list: readonly Migration[]) =>
    place.url ? migratePostgres(place.url, availability, list) : migrateFile(queries, list);
  return { queries, migrate };
}

type Unmigrated = ReturnType<typeof openUnmigrated>['queries'];

const isSqlite = (queries: Unmigrated) => queries.getExecutor().adapter instanceof SqliteAdapter;

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly generated: boolean;
}

async function columnsOf(queries: Unmigrated): Promise<Column[]> {
  const tables = await queries.introspection.getTables();
  return tables.flatMap(({ name: table, columns }) =>
    columns.map(({ name, dataType, isNullable, hasDefaultValue, isAutoIncrementing }) => ({
      ...{ table, name, type: dataType.toLowerCase(), required: !isNullable },
      generated: hasDefaultValue || isAutoIncrementing,
    })),
  );
}

/** The columns that name rows of other tables, with the tables' names. */
async function referencesOf(queries: Unmigrated): Promise<Map<string, string>> {
  const query = isSqlite(queries)
    ? sql<{ name: string; parent: string }>`select m.name || '.' || f."from" as name, f."table" as parent
        from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table'`
    : sql<{ name: string; parent: string }>`select k.table_name || '.' || k.column_name as name, c.table_name as parent
        from information_schema.key_column_usage k
        join information_schema.referential_constraints r on r.constraint_name = k.constraint_name
        join information_schema.table_constraints c on c.constraint_name = r.unique_constraint_name`;
  const { rows } = await query.execute(queries);
  return new Map(rows.map(({ name, parent }) => [name, parent]));
}

/** Puts a row into every table, those first that others name. @returns all rows */
async function fill(queries: Unmigrated): Promise<Record<string, unknown[]>> {
  const columns = await columnsOf(queries);
  const references = await referencesOf(queries);
  const done = new Map<string, Record<string, unknown>>();
  const waiting = new Set(columns.map(({ table }) => table).filter((table) => table !== 'schema_version'));
  for (let rounds = 0; waiting.size > 0 && rounds < 20; rounds += 1) {
    for (const table of waiting) {
      const own = columns.filter((column) => column.table === table);
      const parents = own
        .map(({ name }) => references.get(`${table}.${name}`))
        .filter((parent) => parent !== undefined);
      if (parents.some((parent) => parent !== table && !done.has(parent))) continue;
      const keyOf = (parent: string) => Object.values(done.get(parent) ?? {})[0];
      const values = own
        .filter(({ required, generated }) => required && !generated)
        .map(({ name, type }) => {
          const parent = references.get(`${table}.${name}`);
          return [name, parent ? keyOf(parent) : type === 'text' ? `${name} ü'` : 7] as const;
        });
      const names = sql.join(values.map(([name]) => sql.ref(name)));
      const row = sql.join(values.map(([, value]) => value));
      await sql`insert into ${sql.table(table)} (${names}) values (${row})`.execute(queries);
      waiting.delete(table);
      done.set(table, (await rowsOf(queries, table))[0] ?? {});
    }
  }
  if (waiting.size > 0) throw new Error(`Not filled: ${[...waiting].join()}`);
  const tables = [...done.keys()];
  return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await rowsOf(queries, table)])));
}

async function rowsOf(queries: Unmigrated, table: string): Promise<Record<string, unknown>[]> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(queries);
  return rows;
}

for (let version = 0; version < migrations.length; version += 1) {
  await onBothEngines(t, `version ${version}`, async (t, engine) => {
    const { queries, migrate } = openUnmigrated(t, engine);
    await migrate(migrations.slice(0, version));
    const before = await fill(queries);
    t.equal(Object.keys(before).length > 0, version > 0);
    await migrate(migrations);
    for (const [table, rows] of Object.entries(before)) {
      const now = await rowsOf(queries, table);
      t.match(now, rows, table);
      t.equal(now.length, rows.length);
    }
    t.strictSame(await rowsOf(queries, 'schema_version'), [{ version: migrations.length }]);
    const database = await engine.open();
    t.equal(await database.check(), undefined, 'a server starts with it');
  });
}

const seen: string[] = [];

await onBothEngines(t, 'both engines have the same columns', async (t, engine) => {
  const { queries, migrate } = openUnmigrated(t, engine);
  await migrate(migrations);
  const columns = await columnsOf(queries);
  const types: Record<string, string> = { int4: 'integer', int8: 'integer', bigint: 'integer' };
  const list = columns.map(({ type, ...column }) => ({ ...column, type: types[type] ?? type }));
  const text = list
    .filter(({ table }) => !/^(schema_version|sqlite_.*)$/.test(table))
    .map(({ table, name, type, required }) => `${table}.${name} ${type} ${required ? 'not null' : 'null'}`);
  t.matchOnly(new Set(text.map((line) => line.split(' ')[1])), new Set(['integer', 'text']));
  seen.push(text.sort().join('\n'));
});

t.test('they were compared', async (t) => {
  t.equal(seen.length, 2);
  t.equal(seen[0], seen[1]);
});

await onBothEngines(t, 'one that fails changes nothing', async (t, engine) => {
  const { queries, migrate } = openUnmigrated(t, engine);
  await migrate(migrations);
  const before = await fill(queries);
  const failing: Migration[] = [
    async (database) => {
      await database.schema.createTable('half').addColumn('id', 'integer').execute();
      await sql`delete from outbox`.execute(database);
    },
    async () => {
      throw new Error('This one is wrong.');
    },
  ];
  await t.rejects(migrate([...migrations, ...failing]), /This one is wrong/);
  t.strictSame(await rowsOf(queries, 'schema_version'), [{ version: migrations.length }]);
  t.strictSame(await rowsOf(queries, 'outbox'), before.outbox);
  const tables = await queries.introspection.getTables();
  t.notOk(tables.some(({ name }) => name === 'half'));
});

await onBothEngines(t, 'of several servers that start at once, one migrates', async (t, engine) => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => engine.open()));
  for (const database of databases) t.equal(await database.check(), undefined);
});
