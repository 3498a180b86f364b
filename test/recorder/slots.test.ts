import { once } from 'node:events';
import t from 'tap';
import { Slots } from '../../src/recorder/slots.ts';

const options = { id: 'rec', count: 2, singleUse: false };

t.test('configured slots have numbered ids, the default one first', async (t) => {
  const slots = new Slots(options);
  t.strictSame(
    slots.all.map(({ id }) => id),
    ['rec', 'rec-1'],
  );
  t.equal(slots.default, slots.find('rec'));
  t.equal(slots.find('rec-2'), undefined);
});

t.test('slots are added and removed while the server runs, and observers are told', async (t) => {
  const slots = new Slots(options);
  const added = once(slots.observer, 'added');
  const slot = slots.add('ordered', { singleUse: true });
  t.strictSame(await added, [slot]);
  t.equal(slots.find('ordered'), slot);
  t.throws(() => slots.add('ordered'), { message: /ordered/ }, 'an id is taken once');
  const removed = once(slots.observer, 'removed');
  await slots.remove(slot);
  t.strictSame(await removed, [slot]);
  t.equal(slots.find('ordered'), undefined);
  t.equal(
    slot.start(() => {
      throw new Error('It takes no more sessions.');
    }),
    false,
  );
});
