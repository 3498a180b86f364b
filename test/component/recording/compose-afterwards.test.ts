import { pino } from 'pino';
import t from 'tap';
import { composeAfterwards } from '../../../src/component/recording/compose-afterwards.ts';
import { ProcessError } from '../../../src/process/process-error.ts';

const settings = { width: 320, height: 180, frameRate: 30, audioChannels: 1 } as const;
const logger = pino({ level: 'silent' });

t.test('a folder without a recording is an error', async (t) => {
  const { signal } = new AbortController();
  const failure = await composeAfterwards({ folder: t.testdir({}), settings, logger, signal }).catch((error) => error);
  t.type(failure, ProcessError);
  t.match(failure.message, /not a finished recording/);
});

t.test('a composition can be aborted before and after its start', async (t) => {
  const reason = new Error('The server ends.');
  await t.rejects(
    composeAfterwards({ folder: t.testdir({}), settings, logger, signal: AbortSignal.abort(reason) }),
    reason,
  );
  const stopping = new AbortController();
  const making = composeAfterwards({ folder: t.testdir({}), settings, logger, signal: stopping.signal });
  stopping.abort(reason);
  await t.rejects(making, { name: 'AbortError' });
});
