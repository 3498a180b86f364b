import t from 'tap';
import { OutgoingStream } from '../../../src/media/rtp/outgoing-stream.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RecordedTarget } from './recorded-target.ts';

t.test('sequence numbers have no gaps but for losses', async (t) => {
  const target = new RecordedTarget();
  const stream = new OutgoingStream(target, new HeldClock());
  const send = () => stream.send({ timestamp: 0, marker: false, payload: Buffer.alloc(1) });
  send();
  send();
  stream.skip(3);
  send();
  stream.skip(5000);
  send();
  t.same(target.numbers, [0, 1, 5, 106]);
});

t.test('reports use our timestamps', async (t) => {
  const target = new RecordedTarget(48_000);
  const stream = new OutgoingStream(target, new HeldClock());
  const report = { ssrc: 1, ntpTime: 77n, rtpTimestamp: 8000, packetCount: 1, octetCount: 1 };
  stream.report(report);
  stream.timeline.restart(8000);
  t.same(target.reports, [], 'not before there are any');
  const first = stream.timeline.take(0);
  stream.send({ timestamp: first, marker: false, payload: Buffer.alloc(1) });
  const ours = { ntpTime: 77n, rtpTimestamp: (first + 48_000) >>> 0 };
  t.same(target.reports, [ours], 'but with the first packet');
  stream.send({ timestamp: first, marker: false, payload: Buffer.alloc(1) });
  t.same(target.reports, [ours], 'once');
  stream.report({ ...report, ntpTime: 78n });
  t.same(target.reports, [ours, { ...ours, ntpTime: 78n }]);
});
