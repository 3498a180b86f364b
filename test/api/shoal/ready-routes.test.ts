import t from 'tap';
import { RunningApi } from '../running-api.ts';

t.test('a server without a database is ready', async (t) => {
  const api = await RunningApi.start();
  t.teardown(() => api.close());
  const { status, json } = await api.ask('GET', '/ready', { anonymous: true });
  t.strictSame({ status, json }, { status: 200, json: { status: 'ready' } });
});

t.test('everybody learns whether the database works, and why not', async (t) => {
  let reason: string | undefined;
  const api = await RunningApi.start({ database: { check: async () => reason } });
  t.teardown(() => api.close());
  const ask = async () => {
    const { status, json } = await api.ask('GET', '/ready', { anonymous: true });
    return { status, json };
  };
  t.strictSame(await ask(), { status: 200, json: { status: 'ready' } });
  reason = 'its disk is full';
  const reasons = ['database: its disk is full'];
  t.strictSame(await ask(), { status: 503, json: { status: 'unready', reasons } });
  reason = undefined;
  t.equal((await ask()).status, 200);
});
