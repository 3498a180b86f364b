import { EventEmitter } from 'node:events';
import t from 'tap';
import type { ProgramSink } from '../../src/media/sample.ts';
import { OutputError, type ProgramOutput } from '../../src/output/program-output.ts';
import { RoomOutput } from '../../src/output/room-output.ts';
import type { Room } from '../../src/room/room.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { createRoom } from '../room/room-world.ts';

/** An output whose other side is in the test's hands. */
function create() {
  const calls: string[] = [];
  const observer: ProgramOutput['observer'] = new EventEmitter();
  const sink: ProgramSink = {
    format: () => void calls.push('format'),
    sample: () => void calls.push('sample'),
    end: (error) => void calls.push(error ? 'broken' : 'end'),
  };
  const output = { observer, sink, close: async () => void calls.push('close') };
  let feed: ProgramSink | undefined;
  const attach = (_room: unknown, given: ProgramSink) => {
    feed = given;
    return {
      close: async () => {
        calls.push('detach');
        given.end(undefined);
      },
    };
  };
  const room = createRoom().room as unknown as Room<RoomRouter>;
  const made = new RoomOutput({ type: 'file', target: 'a.mp4', notify: false }, room, { attach }, output);
  const states: string[] = [];
  made.observer.on('changed', () => states.push(made.state));
  return { made, observer, calls, states, feed: feed as unknown as ProgramSink };
}

t.test('an output runs from start to end', async (t) => {
  const { made, observer, calls, states } = create();
  t.match(made, { state: 'starting', error: null });
  observer.emit('running');
  await Promise.all([made.close(), made.close()]);
  t.strictSame(states, ['running', 'finished']);
  t.strictSame(calls, ['detach', 'end', 'close'], 'the sink has its end before the output is completed');
});

t.test('a failed output stays failed and says why', async (t) => {
  const { made, observer, calls, states } = create();
  observer.emit('failed', new OutputError('broken', 'The server is gone'));
  t.match(made, { state: 'failed', error: 'The server is gone' });
  observer.emit('running');
  await made.close();
  t.strictSame(states, ['failed']);
  t.strictSame(calls, ['detach', 'end', 'close'], 'what there is is completed all the same');
});

t.test('a room that cannot be composed fails the output', async (t) => {
  const { made, calls, states, feed } = create();
  feed.end(new Error('secret details'));
  t.match(made, { state: 'failed', error: 'The room could not be composed' });
  await made.close();
  t.strictSame(states, ['failed']);
  t.equal(calls[0], 'broken');
});
