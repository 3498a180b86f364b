import t from 'tap';
import { admitsJson, checkToken } from '../../src/api/api-guard.ts';
import { Secret } from '../../src/config/secret.ts';

t.test('Accept headers that admit JSON are recognised', async (t) => {
  for (const header of [undefined, '*/*', 'text/html, */*;q=0.1', 'application/*', ' APPLICATION/JSON ;q=0.2']) {
    t.ok(admitsJson(header), `${header}`);
  }
  for (const header of ['', 'text/html', 'text/*', 'application', 'application/json2', 'application/vnd.api+json']) {
    t.notOk(admitsJson(header), header);
  }
});

t.test('only the exact token is accepted', async (t) => {
  const token = new Secret('right');
  t.doesNotThrow(() => checkToken(token, 'Bearer right'));
  for (const header of [undefined, '', 'right', 'bearer right', 'Bearer ']) {
    t.throws(() => checkToken(token, header), { code: 'missingToken' }, `${header}`);
  }
  for (const header of ['Bearer wrong', 'Bearer right2', 'Bearer righ', 'Bearer  right']) {
    t.throws(() => checkToken(token, header), { code: 'invalidToken' }, header);
  }
});
