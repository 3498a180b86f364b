import t from 'tap';
import { ConfigError } from '../../src/config/config-error.ts';
import { planPorts } from '../../src/config/port-plan.ts';

t.test('the default range', async (t) => {
  t.same(planPorts({ min: 50_000, max: 59_999 }, true), {
    turn: { listen: 50_000, relay: { min: 50_001, max: 56_666 } },
    media: { min: 56_667, max: 59_999 },
  });
});

t.test('parts fill the range without overlap, whatever its size', async (t) => {
  for (let size = 10; size < 200; size += 1) {
    const range = { min: 40_000, max: 40_000 + size - 1 };
    const { turn, media } = planPorts(range, true, 4);
    t.ok(turn && turn.listen === range.min && turn.relay.min === turn.listen + 1, `${size}: listener, then relays`);
    t.ok(turn && turn.relay.max + 1 === media.min && media.max === range.max, `${size}: then media to the end`);
    t.ok(media.max - media.min + 1 >= Math.min(3, size / 4), `${size}: some for media`);
    t.ok(turn && turn.relay.max - turn.relay.min + 1 >= 4, `${size}: enough relays`);
  }
});

t.test('without the embedded TURN server all ports are for media', async (t) => {
  t.same(planPorts({ min: 0, max: 9 }, false), { media: { min: 1, max: 9 } });
});

t.test('fixed ports of workers are reserved', async (t) => {
  const { media } = planPorts({ min: 1000, max: 1019 }, true, 8);
  t.same(media, { min: 1012, max: 1019 });
});

t.test('a range that is too small fails the start', async (t) => {
  t.throws(() => planPorts({ min: 50_000, max: 50_008 }, true), ConfigError);
  t.throws(
    () => planPorts({ min: 50_000, max: 50_016 }, true, 8),
    /FJ_WEBRTC_TURN_PORT_RANGE is too small.*at least 18/,
  );
  t.throws(() => planPorts({ min: 50_000, max: 50_002 }, false, 4), ConfigError);
});
