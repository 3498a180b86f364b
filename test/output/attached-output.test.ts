import { EventEmitter } from 'node:events';
import t from 'tap';
import type { ProgramSample, ProgramSink } from '../../src/media/sample.ts';
import { AttachedOutput } from '../../src/output/attached-output.ts';
import { OutputError, type ProgramOutput } from '../../src/output/program-output.ts';
import { ChosenOrigins, everyOrigin, type OriginFilter } from '../../src/program/origin-filter.ts';
import type { Room } from '../../src/room/room.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { format } from '../component/hls/running-stream.ts';
import { createRoom } from '../room/room-world.ts';

const sample: ProgramSample = { kind: 'video', data: Buffer.alloc(1), time: 0, duration: 3750, keyframe: true };

/** An output whose two sides are in the test's hands. */
function attach(origins?: OriginFilter) {
  const calls: string[] = [];
  const observer: ProgramOutput['observer'] = new EventEmitter();
  const sink: ProgramSink = {
    format: () => void calls.push('format'),
    sample: () => void calls.push('sample'),
    end: (error) => void calls.push(error ? 'broken' : 'end'),
  };
  let feed: ProgramSink | undefined;
  let asked: OriginFilter | undefined;
  const feeds = {
    attach: (_room: unknown, given: ProgramSink, wanted?: OriginFilter) => {
      [feed, asked] = [given, wanted];
      return {
        close: async () => {
          calls.push('detach');
          given.end(undefined);
        },
      };
    },
  };
  const room = createRoom().room as unknown as Room<RoomRouter>;
  const output = { observer, sink, close: async () => void calls.push('close') };
  const attached = new AttachedOutput({ feeds, room, output, origins });
  const told: unknown[] = [];
  attached.observer.on('running', () => told.push('running'));
  attached.observer.on('failed', (error) => told.push(error));
  return { attached, observer, calls, told, feed: feed as unknown as ProgramSink, origins: asked };
}

t.test('an output gets the program, then its end, and is completed', async (t) => {
  const { attached, observer, calls, told, feed, origins } = attach();
  t.equal(origins, everyOrigin);
  feed.format(format(), { wallClock: 0 });
  feed.sample(sample);
  feed.sample(sample);
  observer.emit('running');
  t.equal(attached.samples, 2);
  await Promise.all([attached.close(), attached.close()]);
  t.strictSame(calls, ['format', 'sample', 'sample', 'detach', 'end', 'close']);
  t.strictSame(told, ['running']);
});

t.test('the program may be of chosen endpoints only', async (t) => {
  const chosen = new ChosenOrigins();
  t.equal(attach(chosen).origins, chosen);
});

t.test('an output that fails is told of once, and not when it is being closed', async (t) => {
  const { attached, observer, told, feed } = attach();
  observer.emit('failed', new OutputError('broken', 'The server is gone'));
  feed.end(new Error('and the room cannot be composed'));
  t.match(told, [{ kind: 'broken', message: 'The server is gone' }]);
  t.equal(told.length, 1);
  await attached.close();

  const other = attach();
  const closing = other.attached.close();
  other.observer.emit('failed', new OutputError('broken', 'The server is gone'));
  await closing;
  t.strictSame(other.told, []);
});

t.test('a room that cannot be composed fails its output, without details', async (t) => {
  const { attached, calls, told, feed } = attach();
  feed.end(new Error('secret details'));
  t.match(told, [{ kind: 'program', message: 'The room could not be composed', cause: { message: 'secret details' } }]);
  await attached.close();
  t.equal(calls[0], 'broken', 'the output knows that it is not whole');
});
