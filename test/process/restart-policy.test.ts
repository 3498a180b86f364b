import t from 'tap';
import { restartDelay } from '../../src/process/restart-policy.ts';

t.test('the delay doubles up to the maximum, with jitter between half and all', async (t) => {
  const backoff = { firstMs: 100, maxMs: 1000, stableMs: 0 };
  t.same(
    [0, 1, 2, 3, 4, 5000].map((attempt) => restartDelay(backoff, attempt, 1)),
    [100, 200, 400, 800, 1000, 1000],
  );
  t.same(
    [0, 1, 9].map((attempt) => restartDelay(backoff, attempt, 0)),
    [50, 100, 500],
  );
});
