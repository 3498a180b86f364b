// Recorders as whoever orchestrates them uses them.
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { OutputError } from '../../src/output/program-output.ts';
import { Recorders } from '../../src/recorder/recorders.ts';
import type { Destination, SessionRequest } from '../../src/recorder/session-request.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { mediaDouble } from '../sfu/media-double.ts';
import { openSessionStore, RecorderMedia } from './recorder-media.ts';

const limits = { callEmpty: 30_000, noMedia: 180_000, allMuted: 600_000, transport: 30_000, usage: 0 };
const file: Destination = { kind: 'file', name: 'stand-up', metadata: (all) => ({ present: all.map(({ id }) => id) }) };
const stream: Destination = { kind: 'stream', url: 'rtmp://h/live/key' };
const request = (destination: Destination): SessionRequest => ({
  id: 's',
  room: { id: 'standup' },
  destination,
  limits,
});

async function open(t: Test) {
  const media = new RecorderMedia();
  const recordings = await mkdtemp(join(tmpdir(), 'shoal-recorders-'));
  t.teardown(() => rm(recordings, { recursive: true, force: true }));
  const finished: unknown[][] = [];
  const steps = {
    run: async (...run: unknown[]) => {
      finished.push(run);
      return true;
    },
    close: async () => undefined,
  };
  const logger = pino({ enabled: false });
  const { store, ...storage } = await openSessionStore({ recordings, steps, logger });
  const events = new RoomEvents();
  const recorders = new Recorders({
    ...{ slots: { id: 'rec', count: 1, singleUse: false }, autoCreate: true, allowList: ['.*'] },
    ...{ events, rooms: new RoomRegistry({ events, openMedia: async () => mediaDouble() }) },
    ...{
      components: componentsOf(componentDoubles()),
      feeds: media.feeds,
      outputs: media.outputs,
      steps,
      storage: { store, ...storage },
    },
    ...{ clock: systemClock, logger },
  });
  t.teardown(async () => {
    await recorders.close();
    await store.close();
  });
  return { recorders, media, recordings, finished };
}

t.test('a slot that is added while the server runs records a room to a file and finishes it', async (t) => {
  const { recorders, media, recordings, finished } = await open(t);
  const slot = recorders.slots.add('ordered');
  const asked = request(file);
  t.ok(recorders.start(slot, asked));
  t.strictSame(slot.status, { state: 'busy', healthy: true });
  t.notOk(recorders.start(slot, asked), 'one session at a time');
  await media.output();
  const running = once(slot.observer, 'session');
  media.play();
  t.strictSame(await running, [{ request: asked, state: 'running', failure: undefined }]);
  const ended = once(slot.observer, 'session');
  await slot.stop();
  t.strictSame(await ended, [{ request: asked, state: 'ended', failure: undefined }]);
  t.match(await readdir(join(recordings, 's')), [/^stand-up_[\d-]+\.mp4$/]);
  t.strictSame(finished, [[join(recordings, 's'), { present: [] }]]);
  await recorders.slots.remove(slot);
  t.equal(recorders.slots.find('ordered'), undefined);
});

t.test('a failed stream has a kind, which makes its slot unhealthy when the machine is at fault', async (t) => {
  const { recorders, media } = await open(t);
  const { default: slot } = recorders.slots;
  for (const [index, [kind, healthy]] of [['refused', true] as const, ['storage', false] as const].entries()) {
    const ended = once(slot.observer, 'session');
    recorders.start(slot, request(stream));
    const output = await media.output(index);
    t.match(output.target, { url: 'rtmp://h/live/key' });
    output.observer.emit('failed', new OutputError(kind, 'no'));
    t.match(await ended, [{ state: 'ended', failure: { kind, detail: 'no' } }]);
    while (slot.running) await once(slot.observer, 'status');
    t.strictSame(slot.status, { state: 'idle', healthy });
  }
});

t.test(
  'a file that turns out to be lost when it is closed fails its session, a stream at its end does not',
  async (t) => {
    const { recorders, media } = await open(t);
    const { default: slot } = recorders.slots;
    const failure = { kind: 'broken', detail: 'gone' };
    for (const [index, [destination, expected]] of [[file, failure] as const, [stream, undefined] as const].entries()) {
      recorders.start(slot, request(destination));
      const output = await media.output(index);
      output.close = async () => void output.observer.emit('failed', new OutputError('broken', 'gone'));
      const ended = once(slot.observer, 'session');
      await slot.stop();
      t.match(await ended, [{ state: 'ended', failure: expected }]);
      t.strictSame(slot.status, { state: 'idle', healthy: true });
    }
  },
);

t.test('a slot that is removed while it records ends its session and takes no more', async (t) => {
  const { recorders, media } = await open(t);
  const slot = recorders.slots.add('ordered');
  recorders.start(slot, request(stream));
  const output = await media.output();
  await recorders.slots.remove(slot);
  t.ok(output.closed);
  t.notOk(recorders.start(slot, request(stream)));
});
