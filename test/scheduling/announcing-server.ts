import type { Test } from 'tap';
import type { SchedulingConfig } from '../../src/config/scheduling.ts';
import { Secret } from '../../src/config/secret.ts';
import type { Database } from '../../src/database/database.ts';
import type { ConferenceChange } from '../../src/scheduling/announcement.ts';
import { Announcements, type ConferenceBackends, type ConferenceEvent } from '../../src/scheduling/announcements.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { sampleAnnouncement } from './announcement-samples.ts';
import { schedulingConfig, testServers } from './conference-database.ts';

/** Backends that keep what they are told. */
export class TestBackends implements ConferenceBackends {
  areListening = false;
  readonly events: ConferenceEvent[] = [];
  readonly posts: { readonly url: string; readonly event: ConferenceEvent }[] = [];
  /** Called at every webhook; what it throws is the result. */
  respond: () => void = () => undefined;

  notify(event: ConferenceEvent): void {
    this.events.push(event);
  }

  async post(url: string, event: ConferenceEvent): Promise<void> {
    this.posts.push({ url, event });
    this.respond();
  }
}

/** The announcements of a server, as it makes them. */
export class AnnouncingServer {
  readonly backends = new TestBackends();
  readonly clock: HeldClock;
  readonly announcements: Announcements;
  readonly #database: Database;

  constructor(
    t: Pick<Test, 'teardown'>,
    database: Database,
    { smtpUrl, clock, ...values }: Partial<SchedulingConfig> & { smtpUrl?: string; clock?: HeldClock } = {},
  ) {
    this.#database = database;
    this.clock = clock ?? new HeldClock(sampleAnnouncement().at);
    const smtp = smtpUrl === undefined ? undefined : new Secret(smtpUrl);
    this.announcements = new Announcements({
      config: schedulingConfig(testServers, { smtp, ...values }),
      database,
      links: { personal: (_conference, { email }) => `https://meet.example.org/join?for=${email}` },
      backends: this.backends,
      clock: this.clock,
      logger: silentLogger,
    });
    t.teardown(() => this.announcements.close());
  }

  /** A change, in a transaction of its own. */
  async announce(change: ConferenceChange): Promise<void> {
    const done = await this.#database.transaction(async (queries) => await this.announcements.add(queries, change));
    done();
  }

  /** Moves the clock to the next attempt of a message that was put off, unless one is being delivered. */
  async nextAttempt(): Promise<void> {
    const waiting = (await this.messages()).filter(({ failed_at }) => failed_at === null);
    const due = Math.min(...waiting.filter(({ attempts }) => attempts > 0).map(({ due_at }) => due_at));
    const isBusy = waiting.some(({ claimed_until }) => claimed_until !== null);
    if (!isBusy && due > this.clock.now() && due < Number.POSITIVE_INFINITY) this.clock.advance(due - this.clock.now());
  }

  /** Messages that wait, or were given up. */
  async messages() {
    const { queries } = this.#database;
    return await queries.selectFrom('outbox').selectAll().orderBy('position').execute();
  }
}
