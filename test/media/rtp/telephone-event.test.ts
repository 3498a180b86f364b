import t from 'tap';
import { eventOf, keyOf, readTelephoneEvent, writeTelephoneEvent } from '../../../src/media/rtp/telephone-event.ts';

t.test('keys are the events 0 to 15', async (t) => {
  const keys = [...'0123456789*#ABCD'];
  t.same(keys.map(eventOf), Array.from(keys.keys()));
  t.equal(Array.from(keys.keys(), (event) => keyOf({ event })).join(''), keys.join(''));
  t.equal(keyOf({ event: 16 }), undefined);
  t.same(['E', 'a', '', '12', ' '].map(eventOf), [undefined, undefined, undefined, undefined, undefined]);
});

t.test('events are read as they are written', async (t) => {
  for (const event of [
    { event: 11, end: true, volume: 10, duration: 800 },
    { event: 0, end: false, volume: 63, duration: 65_535 },
  ]) {
    t.same(readTelephoneEvent(writeTelephoneEvent(event)), event);
  }
  t.same(writeTelephoneEvent({ event: 11, end: true, volume: 10, duration: 800 }), Buffer.from([11, 0x8a, 3, 0x20]));
  t.throws(() => writeTelephoneEvent({ event: 1, end: false, volume: 0, duration: 65_536 }), RangeError);
});

t.test('the reserved bit says nothing; a short packet has no event', async (t) => {
  t.same(readTelephoneEvent(Buffer.from([5, 0x4a, 0, 160])), { event: 5, end: false, volume: 10, duration: 160 });
  t.equal(readTelephoneEvent(Buffer.from([5, 0x80, 0])), undefined);
  t.equal(readTelephoneEvent(Buffer.alloc(0)), undefined);
});
