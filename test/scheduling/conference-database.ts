import type { SchedulingConfig } from '../../src/config/scheduling.ts';
import { Secret } from '../../src/config/secret.ts';
import type { Database } from '../../src/database/database.ts';
import type { ConferenceChange } from '../../src/scheduling/announcement.ts';
import { Conferences, type ConferencesEvents } from '../../src/scheduling/conferences.ts';
import { SchedulingError } from '../../src/scheduling/scheduling-error.ts';
import { Servers } from '../../src/scheduling/servers.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { silentLogger } from '../log/silent-logger.ts';

/** 2 February 2021, 13:00 in Berlin. */
export const testStart = Date.UTC(2021, 1, 2, 12);

export const testServers = [
  { id: 1, url: 'meet.example.org', apiKey: 'TestApi', users: ['*'], allowClone: true, default: true },
  { id: 2, url: 'closed.example.org', apiKey: 'TestApi', users: ['Listed@Example.org'] },
  { id: 5, url: 'other.example.org', apiKey: 'OtherKey', users: ['*'] },
  { id: 6, url: 'nobody.example.org', users: ['*'] },
];

export function schedulingConfig(servers: unknown, values: Partial<SchedulingConfig> = {}): SchedulingConfig {
  const text = typeof servers === 'string' ? servers : JSON.stringify(servers);
  const switches = { openReads: false, trustEmail: true, precreate: false };
  const unset = { clientUrl: undefined, smtp: undefined, mailFrom: undefined };
  return { ...switches, ...unset, timeZone: 'Europe/Berlin', servers: new Secret(text), ...values };
}

/** What conferences are made of, as a server does it, and what they said. */
export async function conferencesIn(database: Database, values: Partial<SchedulingConfig> = {}) {
  const config = schedulingConfig(testServers, values);
  const clock = new HeldClock(testStart);
  const servers = await Servers.open({ config, database, publicAddress: 'http://127.0.0.1:5002' });
  /** Those of transactions that were done. */
  const changes: ConferenceChange[] = [];
  /** Transactions that came so far, also those that were run again. */
  const runs = { count: 0 };
  const announce = async (_queries: Database['queries'], change: ConferenceChange) => {
    runs.count += 1;
    return () => void changes.push(change);
  };
  const conferences = new Conferences({ database, servers, config, announce, clock, logger: silentLogger });
  const events: string[] = [];
  const names: (keyof ConferencesEvents)[] = [
    'created',
    'changed',
    'deleted',
    'moved',
    'participantAdded',
    'participantRemoved',
  ];
  for (const name of names) conferences.observer.on(name, () => events.push(name));
  return { servers, conferences, clock, changes, events, runs };
}

/** A request that is in order. */
export const createFields = {
  email: 'a@example.org',
  keycloakId: undefined,
  name: 'testAPINEW',
  duration: '45',
  server: 'meet.example.org',
  start: '2021-02-02T13:30',
};

/** The code of the error that a request ends with; undefined: it is done. */
export async function codeOf(request: Promise<unknown>): Promise<string | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (error instanceof SchedulingError) return error.code;
    throw error;
  }
}
