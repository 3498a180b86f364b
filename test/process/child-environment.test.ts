import t from 'tap';
import { childEnvironment, withChildEnvironment } from '../../src/process/child-environment.ts';

t.test('only listed variables are passed on', async (t) => {
  const ours = {
    PATH: '/bin',
    HOME: '/home/x',
    TMPDIR: '/tmp',
    LANG: 'C',
    AWS_SECRET_ACCESS_KEY: 's',
    FJ_SERVER_API_TOKEN: 't',
  };
  t.same(childEnvironment(ours), { PATH: '/bin', HOME: '/home/x', TMPDIR: '/tmp', LANG: 'C' });
});

t.test('a library sees only that while it starts its child', async (t) => {
  process.env.FJ_TEST_SECRET = 'hush';
  t.teardown(() => delete process.env.FJ_TEST_SECRET);
  const seen = withChildEnvironment(() => ({ path: process.env.PATH, secret: process.env.FJ_TEST_SECRET }));
  t.same(seen, { path: process.env.PATH, secret: undefined });
  t.equal(
    withChildEnvironment(() => process.env['ITS_OWN'], { ITS_OWN: 'x' }),
    'x',
  );
  const failing = () => withChildEnvironment(() => JSON.parse('no'));
  t.throws(failing, SyntaxError);
  t.equal(process.env.FJ_TEST_SECRET, 'hush', 'ours is back');
});
