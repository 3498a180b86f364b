import t from 'tap';
import { admitsJson } from '../../src/api/api-guard.ts';

t.test('Accept headers that admit JSON are recognised', async (t) => {
  for (const header of [undefined, '*/*', 'text/html, */*;q=0.1', 'application/*', ' APPLICATION/JSON ;q=0.2']) {
    t.ok(admitsJson(header), `${header}`);
  }
  for (const header of ['', 'text/html', 'text/*', 'application', 'application/json2', 'application/vnd.api+json']) {
    t.notOk(admitsJson(header), header);
  }
});
