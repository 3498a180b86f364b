import t from 'tap';
import type { Measurements } from '../../src/metrics/measurements.ts';
import { addRates } from '../../src/metrics/rates.ts';

t.test('a rate is difference x 1000 / elapsed milliseconds, on every level', async (t) => {
  const report = (bytes: number, packets: number, rtx: number): Measurements => ({
    'room_id=lobby': {
      'endpoint_id=1': {
        'ice.bytes_sent': bytes,
        'sdp.offer': 'v=0',
        'track_id=1:h': { 'outbound-rtp.packets': packets, rtx_stream: { 'outbound-rtp.packets': rtx } },
      },
    },
  });
  const current = report(2500, 30, 7);
  addRates(current, report(1000, 10, 7), 600);
  t.strictSame(current, {
    'room_id=lobby': {
      'endpoint_id=1': {
        'ice.bytes_sent': 2500,
        'ice.bytes_sent-per-second': 2500,
        'sdp.offer': 'v=0',
        'track_id=1:h': {
          'outbound-rtp.packets': 30,
          'outbound-rtp.packets-per-second': (20 * 1000) / 600,
          rtx_stream: { 'outbound-rtp.packets': 7, 'outbound-rtp.packets-per-second': 0 },
        },
      },
    },
  });
});

t.test('every counter that clients expect a rate of has one, and no other', async (t) => {
  const rated = ['packets', 'bytes_received', 'markers_received'].map((name) => `inbound-rtp.${name}`);
  rated.push(...['packets', 'bytes', 'markers_sent', 'paddings_sent'].map((name) => `outbound-rtp.${name}`));
  rated.push(...['bytes_received', 'bytes_sent', 'packets_received', 'packets_sent'].map((name) => `ice.${name}`));
  const others = ['inbound-rtp.ssrc', 'rtcp.nack_sent', 'outbound-rtp.rtx_sent', 'endpoint.bandwidth'];
  const counters = (value: number): Measurements =>
    Object.fromEntries([...rated, ...others].map((key) => [key, value]));
  const current = counters(3);
  addRates(current, counters(1), 1000);
  const expected = Object.fromEntries(rated.map((key) => [`${key}-per-second`, 2]));
  t.strictSame(current, { ...counters(3), ...expected });
});

t.test(
  'there is no rate without a previous counter, for a counter that decreased, and without elapsed time',
  async (t) => {
    for (const [before, elapsed] of [
      [{}, 1000],
      [{ 'ice.bytes_sent': 9 }, 1000],
      [{ 'ice.bytes_sent': 1 }, 0],
    ] as const) {
      const current: Measurements = { 'ice.bytes_sent': 5 };
      addRates(current, before, elapsed);
      t.strictSame(current, { 'ice.bytes_sent': 5 });
    }
  },
);

t.test("clients' metadata is left alone, whatever it looks like", async (t) => {
  const track = (packets: number) => ({
    'track.metadata': { 'ice.bytes_sent': packets, rtx_stream: { 'ice.bytes_sent': packets } },
  });
  const current: Measurements = { 'track_id=1:': track(5) };
  addRates(current, { 'track_id=1:': track(1) }, 1000);
  t.strictSame(current, { 'track_id=1:': track(5) });
});
