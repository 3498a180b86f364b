import t, { type Test } from 'tap';
import { onBothEngines, type TestEngine } from '../database/engines.ts';
import { codeOf, conferencesIn, createFields } from './conference-database.ts';

const key = 'TestApi';
const none = { name: undefined, duration: undefined, server: undefined, start: undefined };

/** Two servers of one database, with a conference. */
async function twoNodes(engine: TestEngine) {
  const [first, second] = [await conferencesIn(await engine.open()), await conferencesIn(await engine.open())];
  const uid = await first.conferences.create(key, createFields);
  return { nodes: [first, second] as const, uid };
}

/** Asks two servers in turn, at the same time. @returns the codes of what was refused, and how many were done */
async function inParallel(count: number, request: (index: number) => Promise<unknown>) {
  const codes = await Promise.all(Array.from({ length: count }, (_, index) => codeOf(request(index))));
  return { codes, done: codes.filter((code) => code === undefined).length };
}

const sameUserTwice = async (t: Test, engine: TestEngine) => {
  const { nodes, uid } = await twoNodes(engine);
  const { done } = await inParallel(12, async (index) => {
    const email = `${index % 4 < 2 ? 'B' : 'b'}@example.org`;
    await nodes[index % 2]?.conferences.addParticipant(key, uid, email);
  });
  t.equal(done, 12);
  const { participants, sequence } = await nodes[0].conferences.get(key, uid);
  t.equal(participants.length, 2);
  t.equal(sequence, 1, 'who is added twice gets one message');
  const added = nodes.flatMap(({ changes }) => changes.filter(({ type }) => type === 'participant.added'));
  t.equal(added.length, 1, 'invited once');
};

const allDifferent = async (t: Test, engine: TestEngine) => {
  const { nodes, uid } = await twoNodes(engine);
  const { done } = await inParallel(20, (index) =>
    nodes[index % 2 === 0 ? 0 : 1].conferences.addParticipant(key, uid, `p${index}@example.org`),
  );
  t.equal(done, 20);
  t.equal((await nodes[1].conferences.get(key, uid)).participants.length, 21);
};

/** On PostgreSQL transactions that read the same pages of an index would meet, and be run again and again. */
const ofManyConferences = async (t: Test, engine: TestEngine) => {
  const { nodes } = await twoNodes(engine);
  const { conferences, runs } = nodes[0];
  const uids = await Promise.all(Array.from({ length: 30 }, () => conferences.create(key, createFields)));
  const { done } = await inParallel(30, (index) => {
    return nodes[index % 2 === 0 ? 0 : 1].conferences.addParticipant(key, uids[index], `p${index}@example.org`);
  });
  t.equal(done, 30);
  t.equal(runs.count + nodes[1].runs.count, 1 + 30 + 30, 'each is done at once');
};

const deletedOnce = async (t: Test, engine: TestEngine) => {
  const { nodes, uid } = await twoNodes(engine);
  const { codes, done } = await inParallel(9, (index) => {
    const { conferences } = nodes[index % 2 === 0 ? 0 : 1];
    if (index % 3 === 0) return conferences.delete(key, uid);
    return index % 3 === 1
      ? conferences.move(key, uid, '2')
      : conferences.change(key, uid, { ...none, name: `${index}` });
  });
  t.ok(done >= 1);
  t.strictSame(
    [...new Set(codes)].filter((code) => code !== undefined && code !== 'conferenceNotFound'),
    [],
  );
  const events = nodes.flatMap((node) => node.events);
  t.equal(events.filter((event) => event === 'deleted').length, 1);
  t.equal(codes.filter((code, index) => index % 3 === 0 && code === undefined).length, 1);
  t.equal(await codeOf(nodes[0].conferences.get(key, uid)), 'conferenceNotFound');
};

const changesCount = async (t: Test, engine: TestEngine) => {
  const { nodes, uid } = await twoNodes(engine);
  const { done } = await inParallel(10, (index) => {
    const { conferences } = nodes[index % 2 === 0 ? 0 : 1];
    return index < 5 ? conferences.change(key, uid, none) : conferences.move(key, uid, String(1 + (index % 2)));
  });
  t.equal(done, 10);
  t.equal((await nodes[0].conferences.get(key, uid)).sequence, 5, 'no change is overwritten');
  const sequences = nodes.flatMap(({ changes }) => changes.map(({ conference }) => conference.sequence));
  t.strictSame(sequences.sort(), [0, 1, 2, 3, 4, 5], 'nor announced twice');
};

const createdTogether = async (t: Test, engine: TestEngine) => {
  const { nodes } = await twoNodes(engine);
  const { done } = await inParallel(40, (index) =>
    nodes[index % 2 === 0 ? 0 : 1].conferences.create(key, { ...createFields, email: `u${index % 3}@example.org` }),
  );
  t.equal(done, 40);
  const created = nodes.flatMap(({ changes }) => changes.map(({ conference }) => conference));
  for (const name of ['id', 'uid', 'number'] as const)
    t.equal(new Set(created.map((each) => each[name])).size, 41, name);
  t.equal(new Set(created.map(({ moderator }) => moderator.id)).size, 4);
};

const clonedTogether = async (t: Test, engine: TestEngine) => {
  const { nodes } = await twoNodes(engine);
  const ids: number[] = [];
  const { done } = await inParallel(16, async (index) => {
    const { servers } = nodes[index % 2 === 0 ? 0 : 1];
    ids.push(
      await servers.clone(key, { url: 'c.example.org', name: `${index}`, app_id: undefined, app_secret: undefined }),
    );
  });
  t.equal(done, 16);
  t.strictSame(
    ids.sort((a, b) => a - b),
    Array.from({ length: 16 }, (_, index) => 7 + index),
  );
};

await onBothEngines(t, 'one participant who is added often', sameUserTwice);
await onBothEngines(t, 'participants who are added together', allDifferent);
await onBothEngines(t, 'participants of many conferences', ofManyConferences);
await onBothEngines(t, 'moves, changes and deletes', deletedOnce);
await onBothEngines(t, 'changes and moves', changesCount);
await onBothEngines(t, 'conferences that are created together', createdTogether);
await onBothEngines(t, 'servers that are cloned together', clonedTogether);
