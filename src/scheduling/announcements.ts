import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock/clock.ts';
import { DelayedAbort } from '../clock/delayed-abort.ts';
import type { SchedulingConfig } from '../config/scheduling.ts';
import type { Database } from '../database/database.ts';
import { Outbox, type OutboxMessage, UndeliverableError } from '../database/outbox.ts';
import { StartError } from '../error/start-error.ts';
import type { Logger } from '../log/logger.ts';
import { type Announcement, announcementsOf, type ConferenceChange } from './announcement.ts';
import { calendarOf } from './calendar.ts';
import type { JoinLinks } from './join-links.ts';
import { announcementMail } from './mail/announcement-mail.ts';
import { MailServer, maxMailConnections } from './mail/mail-server.ts';
import { parseMailServer } from './mail/mail-server-address.ts';
import { type Mailbox, parseMailbox } from './mail/mailbox.ts';

/** A notification of a backend, one per recipient. */
export interface ConferenceEvent {
  readonly type: ConferenceChange['type'];
  readonly uid: string;
  readonly number: string;
  readonly serverId: number;
  /** One line, which may have been cut. */
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly start: number;
  readonly end: number;
  readonly email: string;
  readonly joinUrl: string;
  /** Text of an iCalendar object. */
  readonly calendar: string;
}

/** The backends that are told of changes. */
export interface ConferenceBackends {
  /** Whether one is connected that subscribed to conferences. */
  readonly areListening: boolean;
  /** Sends a notification to those. */
  notify(event: ConferenceEvent): void;
  /** Sends it to a webhook. @throws UndeliverableError when it will never be accepted @throws Error when it may be later */
  post(url: string, event: ConferenceEvent, signal: AbortSignal): Promise<void>;
}

export interface AnnouncementsOptions {
  readonly config: SchedulingConfig;
  readonly database: Database;
  readonly links: Pick<JoinLinks, 'personal'>;
  readonly backends: ConferenceBackends;
  readonly clock: Clock;
  readonly logger: Logger;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Mail servers are away for a weekend. */
const mailDelays = [10 * second, minute, 5 * minute, 15 * minute, hour, 3 * hour, 12 * hour, 24 * hour];
const webhookDelays = [second, 10 * second, minute, 5 * minute, 15 * minute, hour, 6 * hour];
/** Notifications that were not delivered for so long are of no use, in ms. */
const maxEventAge = 24 * hour;
const maxWebhookRequests = 8;
/** Recipients of whom messages are made at once. There may be thousands, and other things to do. */
const batchLength = 100;
/** Time for a mail server to accept a mail when this server stops, in ms. */
const closeTime = 2 * second;

/** What is in the outbox for a webhook. */
interface WebhookBody {
  readonly url: string;
  readonly announcement: Announcement;
}

/** Tells of changes: by mail, and to backends. */
export class Announcements {
  readonly #options: AnnouncementsOptions;
  /** Undefined: as it was not configured. */
  readonly #sender: Mailbox | undefined;
  readonly #mailServer: MailServer | undefined;
  readonly #mails: Outbox | undefined;
  readonly #webhooks: Outbox;
  /** Ends when the backends that are connected have been told everything. */
  #telling: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @throws StartError when the mail server's URL or the sender cannot be read */
  constructor(options: AnnouncementsOptions) {
    const { config, database, clock, logger } = options;
    const shared = { database, clock, logger };
    this.#options = options;
    this.#sender = senderOf(config);
    this.#mailServer = config.smtp && new MailServer(parseMailServer(config.smtp));
    this.#mails =
      this.#mailServer &&
      new Outbox({
        ...{ ...shared, topic: 'mail', delays: mailDelays, concurrency: maxMailConnections },
        deliver: (message, signal) => this.#sendMail(message, signal),
      });
    this.#webhooks = new Outbox({
      ...{ ...shared, topic: 'event', delays: webhookDelays, concurrency: maxWebhookRequests },
      deliver: (message, signal) => this.#callWebhook(message, signal),
    });
  }

  /**
   * Adds the messages of a change to its transaction.
   * @returns what is to be called when the transaction is done, and only then: it tells the backends that are connected, and sends mails
   */
  async add(queries: Database['queries'], change: ConferenceChange): Promise<() => void> {
    const { links, config, clock } = this.#options;
    const { id, server } = change.conference;
    const url = server.webhookUrl;
    const announcements: Announcement[] = [];
    for (let start = 0; start < change.recipients.length; start += batchLength) {
      if (start > 0) await setImmediate();
      const recipients = change.recipients.slice(start, start + batchLength);
      const shared = { links, sender: this.#sender, timeZone: config.timeZone, clock };
      const batch = announcementsOf({ ...change, recipients }, shared);
      // What one person is told of one conference is told in its order.
      const messages = batch.map((announcement, index) => ({ key: `${id}:${recipients[index]?.id}`, announcement }));
      const mails = messages.map(({ key, announcement }) => ({ key, body: announcement }));
      await this.#mails?.addAll(queries, mails);
      const events = messages.map(({ key, announcement }) => ({ key, body: { url, announcement } }));
      if (url !== undefined) await this.#webhooks.addAll(queries, events);
      announcements.push(...batch);
    }
    return () => this.#send(announcements);
  }

  /** Mails and webhooks that were not sent are sent after the next start. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#mails?.close(), this.#webhooks.close(), this.#telling]);
    this.#mailServer?.close();
  }

  #send(announcements: readonly Announcement[]): void {
    this.#mails?.wake();
    this.#webhooks.wake();
    if (!this.#options.backends.areListening) return;
    this.#telling = this.#telling.then(() => this.#tell(announcements));
  }

  /** Backends that are connected are told at once, those that are not never. */
  async #tell(announcements: readonly Announcement[]): Promise<void> {
    const { backends, logger } = this.#options;
    for (const announcement of announcements) {
      // There may be thousands, and other things to do.
      await setImmediate();
      if (this.#isClosed || !backends.areListening) return;
      try {
        backends.notify(eventOf(announcement));
      } catch (err) {
        logger.error({ err, uid: announcement.uid }, 'A change of a conference could not be sent to backends.');
      }
    }
  }

  async #sendMail({ id, body }: OutboxMessage, signal: AbortSignal): Promise<void> {
    const announcement = body as Announcement;
    const { at, end } = announcement;
    const isLate = at < end && end < this.#options.clock.now();
    if (isLate) throw new UndeliverableError('The conference ended before its mail could be sent');
    // A mail that is cut off may have been accepted, and would be sent again.
    const abort = new DelayedAbort(this.#options.clock, signal, closeTime);
    try {
      await this.#mailServer?.send(announcementMail(id, announcement), abort.signal);
    } finally {
      abort.close();
    }
  }

  async #callWebhook({ body }: OutboxMessage, signal: AbortSignal): Promise<void> {
    const { backends, clock } = this.#options;
    const { url, announcement } = body as WebhookBody;
    if (announcement.at + maxEventAge < clock.now()) throw new UndeliverableError('The notification is too old');
    await backends.post(url, eventOf(announcement), signal);
  }
}

/** @throws StartError */
function senderOf({ mailFrom }: SchedulingConfig): Mailbox | undefined {
  if (mailFrom === undefined) return undefined;
  const sender = parseMailbox(mailFrom);
  if (!sender) throw new StartError('JITSI_ADMIN_MAIL_FROM must be an e-mail address, or `Name <address>`.');
  return sender;
}

function eventOf(announcement: Announcement): ConferenceEvent {
  const { type, uid, number, serverId, name, start, end, recipient, joinUrl } = announcement;
  const calendar = calendarOf(announcement).text;
  return { type, uid, number, serverId, name, start, end, email: recipient.address, joinUrl, calendar };
}
