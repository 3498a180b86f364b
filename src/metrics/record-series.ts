import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Database } from '../database/database.ts';
import { countOutbox } from '../database/outbox-counts.ts';
import type { OnDemand } from '../ondemand/on-demand.ts';
import { scrapedGauge } from './scraped-series.ts';

/** How long a scrape waits for the database, in ms: the other series are in it, too. */
const timeout = 3000;

/** What keeps records. */
export interface RecordMeasures {
  readonly database: Pick<Database, 'check' | 'queries'>;
  /** Undefined: no recorders can be ordered. */
  readonly onDemand?: Pick<OnDemand, 'countDeployments'> | undefined;
}

type Values = readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

/** The database and what is in it. Read at the time of the scrape; what cannot be read is left out. */
export function createRecordSeries(registry: Registry, { database, onDemand }: RecordMeasures, clock: Clock): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], read: () => Promise<Values>) =>
    new Gauge({
      ...{ name, help, labelNames, registers: [registry] },
      async collect() {
        const values = await readInTime(read, clock);
        this.reset();
        for (const { labels, value } of values) this.set(labels, value);
      },
    });
  scrapedGauge(registry, 'shoal_database_writable', '1: the database can be written', async () =>
    (await database.check()) === undefined ? 1 : 0,
  );
  gauge(
    'shoal_outbox_messages',
    'Messages to somebody outside by topic: those that wait, and those that were given up within the last week',
    ['topic', 'state'],
    async () =>
      (await countOutbox(database.queries)).flatMap(({ topic, waiting, failed }) => [
        { labels: { topic, state: 'waiting' }, value: waiting },
        { labels: { topic, state: 'failed' }, value: failed },
      ]),
  );
  if (!onDemand) return;
  gauge('shoal_deployments', 'Orders of recorders by the state of their deployment', ['state'], async () =>
    (await onDemand.countDeployments()).map(({ state, count }) => ({ labels: { state }, value: count })),
  );
}

/** Nothing when the database is away, which its owner logs, or responds too late. */
async function readInTime(read: () => Promise<Values>, clock: Clock): Promise<Values> {
  const done = new AbortController();
  const late = pause(clock, timeout, done.signal).then((): Values => []);
  const values = await Promise.race([read().catch((): Values => []), late]);
  done.abort();
  return values;
}
