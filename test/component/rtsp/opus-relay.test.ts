import t from 'tap';
import { OpusRelay } from '../../../src/component/rtsp/opus-relay.ts';
import { OutgoingStream } from '../../../src/media/rtp/outgoing-stream.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';

t.test('packets are passed through', async (t) => {
  const target = new RecordedTarget(48_000);
  const clock = new HeldClock();
  const relay = new OpusRelay(new OutgoingStream(target, clock));
  const push = (payload: string, timestamp: number, lost = 0) =>
    relay.push({ payload: Buffer.from(payload), timestamp }, lost);
  push('a', 960);
  push('b', 1920);
  push('c', 3840, 1);
  push('', 4800);
  push('x'.repeat(9000), 5760);
  clock.advance(1000);
  relay.restart();
  push('d', 77);
  t.same(
    target.packets.map(({ payload }) => String(payload)),
    ['a', 'b', 'c', 'd'],
  );
  t.same(target.times, [0, 960, 2880, 2880 + 48_000]);
  t.same(target.numbers, [0, 1, 3, 4]);
});
