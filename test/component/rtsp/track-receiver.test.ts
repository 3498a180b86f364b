import t from 'tap';
import { TrackReceiver } from '../../../src/component/rtsp/track-receiver.ts';
import { type ReportBlock, writeReceiverReport, writeSenderReport } from '../../../src/media/rtp/rtcp.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function open(reorder: boolean) {
  const clock = new HeldClock();
  const seen: unknown[] = [];
  const relay = {
    push: ({ sequenceNumber }: { sequenceNumber: number }, lost: number) => void seen.push([sequenceNumber, lost]),
    restart: () => void seen.push('restart'),
    close: async () => undefined,
    report: ({ rtpTimestamp }: { rtpTimestamp: number }) => void seen.push(rtpTimestamp),
  };
  const blocks: ReportBlock[] = [];
  const sendReport = (block: ReportBlock) => void blocks.push(block);
  const receiver = new TrackReceiver({ relay, clock, clockRate: 90_000, sendReport, reorder });
  const push = (ssrc: number, ...numbers: number[]) => {
    for (const sequenceNumber of numbers) {
      receiver.rtp({ ssrc, sequenceNumber, timestamp: 0, marker: false, payload: Buffer.alloc(1), payloadType: 96 });
    }
    return seen.splice(0);
  };
  return { receiver, push, seen, clock, blocks };
}

t.test('over TCP losses show at once, over UDP packets are reordered first', async (t) => {
  t.same(open(false).push(1, 5, 7, 6, 8), [
    [5, 0],
    [7, 1],
    [8, 0],
  ]);
  t.same(open(true).push(1, 5, 7, 6, 8), [
    [5, 0],
    [6, 0],
    [7, 0],
    [8, 0],
  ]);
});

t.test('another SSRC is a restart', async (t) => {
  const { push, receiver } = open(true);
  t.same(push(1, 5, 7), [[5, 0]]);
  t.same(push(2, 30_000), [[7, 1], 'restart', [30_000, 0]]);
  t.equal(receiver.ssrc, 2);
});

t.test('reports of the received stream are used', async (t) => {
  const { push, receiver, seen } = open(false);
  const report = (ssrc: number) =>
    writeSenderReport({ ssrc, ntpTime: 1n, rtpTimestamp: ssrc * 100, packetCount: 0, octetCount: 0 });
  receiver.rtcp(report(1));
  push(1, 5);
  receiver.rtcp(Buffer.concat([writeReceiverReport(1), report(2), report(1)]));
  receiver.rtcp(Buffer.from([1, 2, 3]));
  t.same(seen, [100]);
});

t.test('the sender is told about every five seconds what was received', async (t) => {
  const { push, clock, blocks } = open(true);
  clock.advance(10_000);
  push(9, 65_534, 65_535, 0, 3);
  clock.advance(4999);
  t.same(blocks, []);
  clock.advance(1);
  t.match(blocks, [{ ssrc: 9, lost: 2, fractionLost: 85, highestSequenceNumber: 65_539 }]);
  push(8, 100);
  clock.advance(5000);
  t.match(blocks[1], { ssrc: 8, lost: 0, highestSequenceNumber: 100 });
  t.equal(blocks.length, 2);
});

t.test('closing drops what is held', async (t) => {
  const { push, receiver, clock } = open(true);
  push(1, 5, 7);
  receiver.close();
  t.equal(clock.pending, 0);
});
