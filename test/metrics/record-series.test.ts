import { Registry } from 'prom-client';
import t from 'tap';
import { OutboxRows } from '../../src/database/outbox-rows.ts';
import { createRecordSeries, type RecordMeasures } from '../../src/metrics/record-series.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { onBothEngines, testEngine } from '../database/engines.ts';

function series(records: RecordMeasures, clock = new HeldClock()) {
  const registry = new Registry();
  createRecordSeries(registry, records, clock);
  return async () => (await registry.metrics()).split('\n').filter((line) => line !== '' && line[0] !== '#');
}

const deployments = [
  { state: 'active', count: 2 },
  { state: 'failed', count: 0 },
] as const;

await onBothEngines(t, 'messages and deployments are counted', async (t, engine) => {
  const database = await engine.open();
  const scrape = series({ database, onDemand: { countDeployments: async () => [...deployments] } });
  const mails = new OutboxRows(database.queries, 'mail', new HeldClock());
  await mails.add(
    database.queries,
    ['1', '2', '3'].map((key) => ({ key, body: {} })),
  );
  const [first] = await mails.due(1);
  const claimed = first && (await mails.claim(first));
  if (claimed) await mails.giveUp(claimed, 'nobody is there');
  t.strictSame(await scrape(), [
    'shoal_database_writable 1',
    ...['waiting', 'failed'].map((state) => `shoal_outbox_messages{topic="callback",state="${state}"} 0`),
    'shoal_outbox_messages{topic="mail",state="waiting"} 2',
    'shoal_outbox_messages{topic="mail",state="failed"} 1',
    ...['waiting', 'failed'].map((state) => `shoal_outbox_messages{topic="event",state="${state}"} 0`),
    ...['shoal_deployments{state="active"} 2', 'shoal_deployments{state="failed"} 0'],
  ]);
});

t.test('a database that is away takes nothing else out of a scrape', async (t) => {
  const database = await (await testEngine(t, 'SQLite')).open();
  await database.close();
  const scrape = series({ database: { queries: database.queries, check: async () => 'it cannot be reached' } });
  t.strictSame(await scrape(), ['shoal_database_writable 0']);
});

t.test('one that does not respond is waited for three seconds', async (t) => {
  const database = await (await testEngine(t, 'SQLite')).open();
  const clock = new HeldClock();
  let isHanging = false;
  const hanging = new Promise<never>(() => undefined);
  const countDeployments = async () => (isHanging ? await hanging : [...deployments]);
  const scrape = series({ database, onDemand: { countDeployments } }, clock);
  const counted = async (lines: Promise<string[]>) =>
    (await lines).filter((line) => line.startsWith('shoal_deployments')).length;
  t.equal(await counted(scrape()), 2);
  isHanging = true;
  const scraping = counted(scrape());
  await clock.whenPending(1);
  clock.advance(3000);
  t.equal(await scraping, 0, 'earlier values are not shown');
});
