import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const source = join(import.meta.dirname, '../../src');

/**
 * Files that read the time of day, and what for. Durations are differences of the monotonic clock: somebody may set the time of day at any
 * moment.
 */
const readers: Readonly<Record<string, string>> = {
  'clock/clock.ts': 'the clock itself',
  'component/file/pacer.ts': 'sender reports have instants',
  'component/recording/track-repair.ts': 'files have times of day',
  'database/outbox-rows.ts': 'messages outlive the process',
  'database/outbox.ts': 'messages outlive the process',
  'jibri/webhook-token.ts': 'tokens have times of day',
  'ondemand/deployment-records.ts': 'the hours of a deployment end at a time of day, whatever is restarted',
  'ondemand/deployment.ts': 'what is left of the hours after a restart',
  'ondemand/on-demand.ts': 'an order has a time of day',
  'notification/webhook-queue.ts': 'Retry-After may be a date',
  'output/room-outputs.ts': 'the name of a folder',
  'recorder/file-task.ts': 'the name of a file',
  'recorder/session-media.ts': 'files have times of day',
  'scheduling/admissions.ts': 'conferences begin and end at times of day',
  'scheduling/conference-number.ts': 'numbers have times of day',
  'scheduling/conference-rooms.ts': 'conferences begin and end at times of day',
  'scheduling/conferences.ts': 'conferences have times of day',
  'scheduling/announcement.ts': 'calendars and mails have a date',
  'scheduling/announcements.ts': 'conferences end at a time of day',
  'scheduling/open-scheduling.ts': 'conferences begin and end at times of day',
  'signalling/peer-token.ts': 'tokens have times of day',
  'storage/lease.ts': 'files have times of day',
  'storage/media-completion.ts': 'manifests have times of day',
  'storage/media-store.ts': 'manifests have times of day',
  'turn/external-turn.ts': 'credentials have times of day',
  'turn/turn-folder.ts': 'files have times of day',
  'turn/turn-server.ts': 'credentials have times of day',
  'web/demo/browser/notification-list.ts': 'it is shown',
  'web/player/browser/page.ts': 'playlists have times of day',
};

t.test('the time of day is read only where it is what is meant', async (t) => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const found = files.filter((name) => {
    return /\bDate\.now\b|\bclock\.now\(|\bnew Date\(\)/i.test(readFileSync(join(source, name), 'utf8'));
  });
  t.strictSame(found.sort(), Object.keys(readers).sort());
});
