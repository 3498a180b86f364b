import { pino } from 'pino';
import t from 'tap';
import { ProcessError } from '../../src/process/process-error.ts';
import { composeFilm } from '../../src/storage/compose-film.ts';

const settings = { width: 320, height: 180, frameRate: 30, audioChannels: 1 } as const;
const logger = pino({ level: 'silent' });

t.test('what is no recording', async (t) => {
  const { signal } = new AbortController();
  const failure = await composeFilm({ folder: t.testdir({}), settings, logger, signal }).catch((error) => error);
  t.type(failure, ProcessError);
  t.match(failure.message, /no finished recording/);
});

t.test('called off before it begins, and after', async (t) => {
  const reason = new Error('The server ends.');
  await t.rejects(composeFilm({ folder: t.testdir({}), settings, logger, signal: AbortSignal.abort(reason) }), reason);
  const stopping = new AbortController();
  const making = composeFilm({ folder: t.testdir({}), settings, logger, signal: stopping.signal });
  stopping.abort(reason);
  await t.rejects(making, { name: 'AbortError' });
});
