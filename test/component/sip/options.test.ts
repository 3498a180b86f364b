import t from 'tap';
import { readSipOptions } from '../../../src/component/sip/options.ts';

const wrong = { message: 'Invalid request body structure', status: 400 };
const missing = (name: string) => ({ message: `Required field "${name}" missing`, status: 400 });
const registrarCredentials = { address: 'example.org', username: '1000', password: 'p' };

t.test('defaults, casts and refusals', async (t) => {
  const defaults = { incoming: false, allowedCallers: [], notify: false };
  t.match(readSipOptions({ registrarCredentials }), { ...defaults, properties: { registrarCredentials } });
  const callers = ['*', '+4812', '12', 'a@b', '*@pbx.example'];
  const own = { incoming: 'true', allowedCallers: callers, notify: true };
  t.match(readSipOptions({ registrarCredentials, ...own }), { incoming: true, allowedCallers: callers, notify: true });
  t.throws(() => readSipOptions({}), missing('registrarCredentials'));
  t.throws(() => readSipOptions({ registrarCredentials: {} }), missing('address'));
  t.throws(() => readSipOptions({ registrarCredentials: { address: 5 } }), missing('username'));
  t.throws(() => readSipOptions({ registrarCredentials: { address: '', username: null } }), missing('password'));
  for (const options of [
    { registrarCredentials: null },
    { registrarCredentials: 'sip:a@b' },
    { registrarCredentials: [] },
    { registrarCredentials: { ...registrarCredentials, password: 5 } },
    { registrarCredentials: { ...registrarCredentials, address: '' } },
    { registrarCredentials: { ...registrarCredentials, address: 'a b' } },
    { registrarCredentials: { ...registrarCredentials, username: '' } },
    { registrarCredentials: { ...registrarCredentials, username: 'a\r\nVia: x' } },
    { registrarCredentials, incoming: 'yes' },
    { registrarCredentials, incoming: true },
    { registrarCredentials, incoming: 'true', allowedCallers: [] },
    { registrarCredentials, notify: null },
    { registrarCredentials, allowedCallers: '*' },
    { registrarCredentials, allowedCallers: ['alice'] },
    { registrarCredentials, allowedCallers: ['a@*'] },
    { registrarCredentials, allowedCallers: Array(1001).fill('1') },
  ]) {
    t.throws(() => readSipOptions(options), wrong, JSON.stringify(options).slice(0, 200));
  }
});
