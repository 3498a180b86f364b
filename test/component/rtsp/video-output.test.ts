import t from 'tap';
import { VideoOutput } from '../../../src/component/rtsp/video-output.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';

function open() {
  const target = new RecordedTarget();
  const clock = new HeldClock(10_000);
  let asked = 0;
  const output = new VideoOutput({
    target,
    clock,
    askSource: () => {
      asked += 1;
    },
  });
  /** A picture of two packets. */
  const picture = (index: number, key = false) => {
    const timestamp = index * 3600;
    output.write({ payload: Buffer.from([index, 0]), marker: false, timestamp }, key);
    output.write({ payload: Buffer.from([index, 1]), marker: true, timestamp }, false);
  };
  return { target, clock, output, picture, asked: () => asked };
}

t.test('a group is replayed between two frames without a change of the timeline', async (t) => {
  const { target, clock, output, picture, asked } = open();
  picture(0, true);
  picture(1);
  output.requestKeyframe();
  t.equal(asked(), 1);
  output.write({ payload: Buffer.from([2, 0]), marker: false, timestamp: 7200 }, false);
  clock.advance(300);
  t.equal(target.packets.length, 5, 'not in the middle of a picture');
  output.write({ payload: Buffer.from([2, 1]), marker: true, timestamp: 7200 }, false);
  picture(3);
  const group = ['0000', '0001', '0100', '0101', '0200', '0201'];
  t.same(target.payloads, [...group, ...group, '0300', '0301']);
  t.same(target.times, [0, 0, 3600, 3600, 7200, 7200, 7201, 7201, 7202, 7202, 7203, 7203, 10_800, 10_800]);
  t.same(
    target.numbers,
    target.numbers.map((_, index) => index),
  );
});

t.test('a keyframe makes the replay unnecessary, a loss or a restart makes it impossible', async (t) => {
  const { target, clock, output, picture } = open();
  picture(0, true);
  output.requestKeyframe();
  picture(1, true);
  clock.advance(5000);
  t.equal(target.packets.length, 4);
  output.lost(2);
  output.requestKeyframe();
  clock.advance(5000);
  picture(2);
  t.equal(target.packets.length, 6);
  t.same(target.numbers.slice(-2), [6, 7]);
  picture(3, true);
  output.restart();
  output.requestKeyframe();
  clock.advance(5000);
  t.equal(target.packets.length, 8);
  output.close();
  t.equal(clock.pending, 0);
});

t.test('after a restart the timeline continues', async (t) => {
  const { target, clock, output, picture } = open();
  picture(0, true);
  output.restart();
  clock.advance(1000);
  output.write({ payload: Buffer.from([9]), marker: true, timestamp: 4_000_000_000 }, true);
  t.same(target.times, [0, 0, 90_000]);
});

t.test('frames with one timestamp are sent with different ones, each with one for all its packets', async (t) => {
  const { target, clock, picture } = open();
  picture(0, true);
  clock.advance(40);
  picture(0);
  clock.advance(40);
  picture(2);
  t.same(target.times, [0, 0, 3600, 3600, 7200, 7200]);
});
