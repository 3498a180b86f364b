import t from 'tap';
import { onBothEngines } from '../database/engines.ts';
import { conferencesIn, createFields } from './conference-database.ts';

const key = 'TestApi';
const count = 10_000;

await onBothEngines(t, 'ten thousand participants', async (t, engine) => {
  const database = await engine.open();
  const { conferences, changes } = await conferencesIn(database);
  const uid = await conferences.create(key, createFields);
  const { id } = await conferences.get(key, uid);
  // Each of them by a request takes minutes of the disk.
  await database.transaction(async (queries) => {
    for (let from = 0; from < count; from += 1000) {
      const emails = Array.from({ length: 1000 }, (_, index) => `p${from + index}@example.org`);
      const users = emails.map((email) => ({ email, email_lower: email }));
      const rows = await queries.insertInto('scheduling_users').values(users).returning('id').execute();
      const participants = rows.map((row, index) => ({
        conference_id: id,
        user_id: row.id,
        position: 1 + from + index,
      }));
      await queries.insertInto('scheduling_participants').values(participants).execute();
    }
  });
  await conferences.addParticipant(key, uid, 'last@example.org');
  const { participants } = await conferences.get(key, uid);
  t.equal(participants.length, count + 2);
  t.equal(participants.at(0)?.email, 'a@example.org');
  t.equal(participants.at(-1)?.email, 'last@example.org');
  await conferences.removeParticipant(key, uid, 'p5000@example.org');
  t.equal(changes.at(-1)?.recipients.length, 1);
  await conferences.change(key, uid, { name: 'new', duration: undefined, server: undefined, start: undefined });
  t.equal(changes.at(-1)?.recipients.length, count + 1);
  await conferences.delete(key, uid);
  t.equal(changes.at(-1)?.recipients.length, count + 1);
});
