// docs/contracts/fishjam-rest.md 10.
import t from 'tap';
import { RunningApi } from '../api/running-api.ts';
import { HeldClock } from '../clock/held-clock.ts';

t.test('a healthy server reports its version and uptime', async (t) => {
  const clock = new HeldClock(1_000_000);
  const api = await RunningApi.start({ clock, startedAt: 1_000_000 });
  t.teardown(() => api.close());
  clock.advance(123_999);
  const response = await api.ask('GET', '/health');
  t.equal(response.status, 200);
  t.same(response.json, {
    data: {
      status: 'UP',
      uptime: 123,
      distribution: { enabled: false, nodeStatus: 'DOWN', nodesInCluster: 0 },
      version: '0.6.3',
      gitCommit: 'abc1234',
    },
  });
});

t.test('the uptime does not follow the time of day', async (t) => {
  const clock = new HeldClock(1_000_000);
  const api = await RunningApi.start({ clock, startedAt: 1_000_000 });
  t.teardown(() => api.close());
  clock.advance(5000);
  for (const step of [300_000, -3_600_000]) {
    clock.setTime(1_000_000 + step);
    t.equal((await api.ask('GET', '/health')).json.data.uptime, 5);
  }
});

t.test('a node of a cluster reports its distribution', async (t) => {
  const distribution = { enabled: true, nodeStatus: 'UP' as const, nodesInCluster: 2 };
  const api = await RunningApi.start({ distribution: () => distribution });
  t.teardown(() => api.close());
  t.same((await api.ask('GET', '/health')).json.data.distribution, distribution);
});

t.test('a server whose media plane fails reports DOWN', async (t) => {
  const clock = new HeldClock();
  let hangs = false;
  const checkHealth = () => (hangs ? new Promise<void>(() => undefined) : Promise.reject(new Error('No worker.')));
  const api = await RunningApi.start({ clock, startedAt: 0, checkHealth });
  t.teardown(() => api.close());
  t.match(await api.ask('GET', '/health'), { status: 503, json: { data: { status: 'DOWN', version: '0.6.3' } } });
  t.match(api.errors, [{ err: { message: 'No worker.' } }]);
  hangs = true;
  const asked = api.ask('GET', '/health');
  await clock.whenPending(1);
  clock.advance(5_000);
  t.match(await asked, { status: 503, json: { data: { status: 'DOWN' } } }, 'or does not respond');
});
