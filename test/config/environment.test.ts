import t from 'tap';
import { ConfigError } from '../../src/config/config-error.ts';
import { Environment } from '../../src/config/environment.ts';
import { anyText, boolean, integer } from '../../src/config/text-form.ts';
import { variable } from '../../src/config/variable.ts';

const entry = { description: '' } as const;
const group = {
  size: variable('FJ_SIZE', { ...entry, form: integer(1, 1000), default: '2' }),
  name: variable('FJ_NAME', { ...entry, form: anyText }),
  shown: variable('FJ_SHOWN', { ...entry, form: boolean, default: { production: 'true', development: 'false' } }),
  token: variable('FJ_TOKEN', { ...entry, form: anyText, default: { development: 'open' } }),
};
const read = (record: Record<string, string>) => new Environment(record, Object.values(group)).readAll(group);

t.test('a member has the value of its variable, or of its default', async (t) => {
  t.strictSame(read({ FJ_SIZE: '3', FJ_NAME: '', FJ_SHOWN: 'TRUE' }), {
    size: 3000,
    name: '',
    shown: true,
    token: 'open',
  });
});

t.test('a member whose variable is unset and has no default is absent', async (t) => {
  t.strictSame(read({}), { size: 2000, shown: false, token: 'open' });
  t.strictSame(read({ NODE_ENV: 'production' }), { size: 2000, shown: true });
});

t.test('an error names the variable that was set', async (t) => {
  t.throws(
    () => read({ FJ_SIZE: '0' }),
    new ConfigError('Bad FJ_SIZE environment variable value. Expected a whole number from 1 on, got: 0'),
  );
  t.throws(() => read({ JF_SIZE: 'x' }), /^Bad JF_SIZE /);
});
