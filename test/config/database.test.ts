import t from 'tap';
import { databaseVariables } from '../../src/config/database.ts';
import { Environment } from '../../src/config/environment.ts';
import { variables } from '../../src/config/variables.ts';

const read = (url: string) => new Environment({ SHOAL_DATABASE_URL: url }, variables).readAll(databaseVariables).url;

t.test('a URL of PostgreSQL is a secret', async (t) => {
  for (const url of ['postgres://shoal:hunter2@db/shoal', 'postgresql:///shoal?host=/run/postgresql']) {
    t.equal(read(url)?.reveal(), url);
    t.equal(JSON.stringify(read(url)), '"[secret]"');
  }
  t.equal(new Environment({}, variables).readAll(databaseVariables).url, undefined);
});

t.test('another one is refused, and not shown', async (t) => {
  const expected = 'Expected a URL such as postgres://user:password@host/database';
  for (const url of ['mysql://shoal:hunter2@db/shoal', 'hunter2', '', 'postgres://'])
    t.throws(() => read(url), { message: `Bad SHOAL_DATABASE_URL environment variable value. ${expected}` });
});
