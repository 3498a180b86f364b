import t from 'tap';
import { writeTelephoneEvent } from '../../../src/media/rtp/telephone-event.ts';
import { KeyReceiver } from '../../../workers/telephony/key-receiver.ts';

interface SentEvent {
  readonly at: number;
  readonly event: number;
  readonly duration: number;
  readonly end?: boolean;
  readonly marker?: boolean;
  readonly ssrc?: number;
}

/** The keys that are found in these packets. */
function keysOf(events: readonly SentEvent[]): string {
  const receiver = new KeyReceiver();
  const keys = events.map(({ at, event, duration, end = false, marker = false, ssrc = 1 }) =>
    receiver.push({
      payload: writeTelephoneEvent({ event, end, volume: 10, duration }),
      timestamp: at >>> 0,
      marker,
      ssrc,
    }),
  );
  return keys.join('');
}

/** One event as phones send it: a packet every 20 ms, the end three times. */
function pressed(at: number, event: number, packets = 5): SentEvent[] {
  const updates = Array.from({ length: packets }, (_, index) => ({
    ...{ at, event, duration: 160 * (index + 1), marker: index === 0 },
  }));
  const end = { at, event, duration: 160 * packets, end: true };
  return [...updates, end, end, end];
}

t.test('each key is found once, whichever of its packets arrives', async (t) => {
  const events = [pressed(0, 1), pressed(3000, 1), pressed(6000, 11)];
  t.equal(keysOf(events.flat()), '11#');
  t.equal(keysOf(events.flatMap((event) => event.slice(-1))), '11#', 'the last end of each');
  t.equal(keysOf(events.flatMap((event) => event.slice(0, 1))), '11#', 'the first packet of each');
  t.equal(keysOf(events.flatMap((event) => event.slice(2, 4))), '11#', 'neither beginning nor end');
});

t.test('all keys, and no other events', async (t) => {
  t.equal(keysOf(Array.from({ length: 20 }, (_, event) => pressed(event * 5000, event)).flat()), '0123456789*#ABCD');
});

t.test('keys that follow at once, and late packets of the one before', async (t) => {
  const [one, two] = [pressed(0, 1), pressed(800, 2)];
  t.equal(keysOf([...one.slice(0, 5), ...two.slice(0, 2), ...one.slice(5), ...two.slice(2)]), '12');
});

t.test('a long press is one key: its parts follow one another', async (t) => {
  const part = (at: number, last = false): SentEvent[] => [
    { at, event: 5, duration: 160, marker: at === 0 },
    { at, event: 5, duration: 0xffff, end: last },
  ];
  t.equal(keysOf([...part(0), ...part(0xffff), ...part(2 * 0xffff, true)]), '5', '24 s');
  t.equal(keysOf([...part(0, true), ...part(0xffff, true)]), '55', 'it was released in between');
  t.equal(keysOf([...part(0), ...part(0x2_0000, true)]), '55', 'time passed in between');
});

t.test('timestamps wrap, and begin anew with another source', async (t) => {
  t.equal(keysOf([...pressed(-1600, 1), ...pressed(1600, 2)]), '12');
  const other = pressed(5, 2).map((event) => ({ ...event, ssrc: 2 }));
  t.equal(keysOf([...pressed(4000, 1), ...other]), '12');
  t.equal(keysOf([...pressed(2_000_000_000, 1), ...pressed(0, 2)]), '12', 'far back');
});

t.test('packets without an event are ignored', async (t) => {
  const packet = { timestamp: 0, marker: true, ssrc: 1 };
  t.equal(new KeyReceiver().push({ ...packet, payload: Buffer.alloc(3) }), undefined);
  t.equal(new KeyReceiver().push({ ...packet, payload: Buffer.alloc(0) }), undefined);
});
