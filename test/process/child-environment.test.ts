import t from 'tap';
import { childEnvironment } from '../../src/process/child-environment.ts';

t.test('only what is on the list is handed on', async (t) => {
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
