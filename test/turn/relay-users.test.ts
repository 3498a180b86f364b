import t from 'tap';
import { RelayUsers } from '../../src/turn/relay-users.ts';

t.test('credentials are current until their peer leaves, and not again when it comes back', async (t) => {
  const users = new RelayUsers();
  t.notOk(users.isCurrent('bob', 100));
  t.equal(users.expiryFor('bob', 100), 100);
  t.equal(users.expiryFor('bob', 105), 105);
  t.ok(users.isCurrent('bob', 100) && users.isCurrent('bob', 105));
  users.leave('bob');
  users.leave('bob');
  t.notOk(users.isCurrent('bob', 105));
  t.equal(users.expiryFor('bob', 105), 106, 'in the same second');
  t.equal(users.expiryFor('bob', 105), 106);
  t.notOk(users.isCurrent('bob', 105));
  t.ok(users.isCurrent('bob', 106));
});

t.test('a time of day that was set back makes no credentials old', async (t) => {
  const users = new RelayUsers();
  users.expiryFor('bob', 100);
  t.equal(users.expiryFor('bob', 40), 100);
  users.leave('bob');
  t.equal(users.expiryFor('bob', 40), 101);
});
