import t from 'tap';
import { readRetransmission } from '../../../src/media/rtp/retransmission.ts';

const packet = { payloadType: 97, ssrc: 2, sequenceNumber: 7, timestamp: 1000, marker: true };

t.test('the original packet has its own number and stream', async (t) => {
  const original = readRetransmission(
    { ...packet, payload: Buffer.from([0xab, 0xcd, 1, 2, 3]) },
    { payloadType: 96, ssrc: 1 },
  );
  t.same(original, {
    ...{ payloadType: 96, ssrc: 1, sequenceNumber: 0xabcd, timestamp: 1000, marker: true },
    payload: Buffer.from([1, 2, 3]),
  });
});

t.test('a probe repeats nothing', async (t) => {
  for (const bytes of [[], [0], [0, 1]]) {
    t.equal(readRetransmission({ ...packet, payload: Buffer.from(bytes) }, { payloadType: 96, ssrc: 1 }), undefined);
  }
});
