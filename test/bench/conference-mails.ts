// What a change of a large conference costs: writing its announcements down, and making the mails of them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Database } from '../../src/database/database.ts';
import { announcementMail } from '../../src/scheduling/mail/announcement-mail.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { sampleAnnouncement, sampleChange } from '../scheduling/announcement-samples.ts';
import { AnnouncingServer } from '../scheduling/announcing-server.ts';
import type { Row } from './benchmark.ts';

export const title = 'Mails of a conference of 10,000';

const people = 10_000;
const mails = 500;

export async function run(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-mails-'));
  const endings: (() => unknown)[] = [];
  try {
    const database = await Database.open({ file: join(folder, 'shoal.db'), logger: silentLogger });
    endings.push(() => database.close());
    // Nobody listens on this port.
    const owner = { teardown: (end: () => unknown) => endings.unshift(end) };
    const server = new AnnouncingServer(owner, database, { smtpUrl: 'smtp://127.0.0.1:1' });
    const change = sampleChange(Array.from({ length: people }, (_, index) => `person${index}@example.org`));
    const memory = process.memoryUsage().rss;
    const pauses = monitorEventLoopDelay({ resolution: 1 });
    pauses.enable();
    const began = performance.now();
    await database.transaction(async (queries) => await server.announcements.add(queries, change));
    const written = performance.now() - began;
    pauses.disable();
    const grown = (process.memoryUsage().rss - memory) / 1024 / 1024;
    return [
      { what: 'Announcements to 10,000 people, one transaction', figure: `${written.toFixed(0)} ms`, note: 'SQLite' },
      { what: 'Longest pause of the event loop in that', figure: `${(pauses.max / 1e6).toFixed(0)} ms` },
      { what: 'Memory of that', figure: `${grown.toFixed(0)} MiB`, note: 'resident, at its end' },
      { what: 'Mail with its calendar', figure: `${(mailTime() * 1000).toFixed(0)} µs`, note: 'without sending it' },
    ];
  } finally {
    for (const end of endings) await end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds that it takes to make a mail. */
function mailTime(): number {
  const announcement = sampleAnnouncement();
  const began = performance.now();
  for (let index = 0; index < mails; index += 1) announcementMail(`${index}`, announcement);
  return (performance.now() - began) / mails;
}
