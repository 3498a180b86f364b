import t from 'tap';
import { BearerAuthentication } from '../../src/api/bearer-authentication.ts';

t.test('only the exact token is accepted', async (t) => {
  const authentication = new BearerAuthentication('right');
  t.doesNotThrow(() => authentication.check('Bearer right'));
  for (const header of [undefined, '', 'right', 'bearer right', 'Bearer ']) {
    t.throws(() => authentication.check(header), { code: 'missingToken' }, `${header}`);
  }
  for (const header of ['Bearer wrong', 'Bearer right2', 'Bearer righ', 'Bearer  right']) {
    t.throws(() => authentication.check(header), { code: 'invalidToken' }, header);
  }
});

t.test('the token cannot be read from the object', async (t) => {
  t.notMatch(JSON.stringify(new BearerAuthentication('right')), 'right');
});
