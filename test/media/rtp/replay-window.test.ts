import t from 'tap';
import { ReplayWindow } from '../../../src/media/rtp/replay-window.ts';

t.test('each index is new once, as long as it is among the last 128', async (t) => {
  const window = new ReplayWindow();
  t.equal(window.highest, -1);
  t.ok(window.isNew(0));
  for (const index of [1000, 873, 999]) {
    t.ok(window.isNew(index), `${index}`);
    window.add(index);
    t.notOk(window.isNew(index), `${index} again`);
  }
  t.equal(window.highest, 1000);
  t.notOk(window.isNew(872), 'too old');
  window.add(1001);
  t.notOk(window.isNew(873), 'no longer among them');
  t.ok(window.isNew(874));
});

t.test('large indices are told apart', async (t) => {
  const window = new ReplayWindow();
  const index = 2 ** 48 - 2;
  window.add(index);
  t.notOk(window.isNew(index));
  t.ok(window.isNew(index + 1));
  t.ok(window.isNew(index - 1));
});
