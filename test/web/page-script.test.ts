import { join } from 'node:path';
import t from 'tap';
import { pageScript } from '../../src/web/page-script.ts';

const entry = join(import.meta.dirname, '../../src/web/demo/browser/page.ts');

t.test('page and SDK become one file, built once', async (t) => {
  const [one, two] = await Promise.all([pageScript(entry), pageScript(entry)]);
  t.equal(one, two);
  t.match(one, 'authRequest', 'the SDK is in it');
  t.match(one, '/demo/join');
  t.notMatch(one, /^import /m);
  t.equal(await pageScript(entry), one);
});
