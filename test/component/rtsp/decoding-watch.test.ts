import t from 'tap';
import { DecodingWatch, type UndecodableTrack } from '../../../src/component/rtsp/decoding-watch.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function open() {
  const clock = new HeldClock();
  const sent = { video: 0, audio: 0 };
  const changes: (readonly UndecodableTrack[])[] = [];
  const watch = new DecodingWatch({
    clock,
    tracks: [
      { kind: 'video', sent: () => sent.video, problem: () => 'no keyframe' },
      { kind: 'audio', sent: () => sent.audio, problem: () => 'no aac frame' },
    ],
    onChange: (undecodable) => changes.push(undecodable),
  });
  /** Five seconds in which the source sends these, and the room gets those. */
  const pass = (received: readonly ('video' | 'audio')[], forwarded: readonly ('video' | 'audio')[]) => {
    for (const kind of received) watch.received(kind);
    for (const kind of forwarded) sent[kind] += 1;
    clock.advance(5000);
  };
  return { clock, changes, watch, pass };
}

t.test('a track of which nothing gets through is named once, with the reason', async (t) => {
  const { changes, pass } = open();
  pass(['video', 'audio'], ['audio']);
  pass(['video', 'audio'], ['audio']);
  t.same(changes, [[{ kind: 'video', problem: 'no keyframe' }]]);
  pass(['video', 'audio'], []);
  t.same(
    changes[1]?.map(({ problem }) => problem),
    ['no keyframe', 'no aac frame'],
  );
  pass(['video', 'audio'], ['video', 'audio']);
  pass(['video', 'audio'], ['video', 'audio']);
  t.same(changes.slice(2), [[]], 'and that it is over');
});

t.test('video that does not come at all is named, audio may pause', async (t) => {
  const { changes, pass } = open();
  pass(['video'], ['video']);
  t.same(changes, []);
  pass(['audio'], ['audio']);
  t.same(changes, [[{ kind: 'video', problem: 'no packets' }]]);
});

t.test('a source that sends nothing is not judged', async (t) => {
  const { changes, pass, watch, clock } = open();
  pass([], []);
  t.same(changes, []);
  watch.close();
  watch.close();
  t.equal(clock.pending, 0);
});
