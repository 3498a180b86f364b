import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { FinalizeScript } from '../../src/jibri/finalize-script.ts';

t.test('the script finds its own settings in the environment, but no secret of the server', async (t) => {
  const folder = t.testdir({});
  const program = join(folder, 'finalize.sh');
  await writeFile(program, '#!/bin/sh\nenv > "$1/environment"\n', { mode: 0o755 });
  const secrets = ['FJ_SERVER_API_TOKEN', 'JF_SECRET_KEY_BASE', 'FJ_S3_ACCESS_KEY_ID', 'FJ_S3_SECRET_ACCESS_KEY'];
  const databases = ['SHOAL_DATABASE_URL', 'JITSI_ADMIN_SERVERS', 'JITSI_ADMIN_SMTP_URL'];
  const others = [...databases, 'FJ_DIST_COOKIE', 'SHOAL_WEBHOOK_SECRET', 'SHOAL_TURN_SECRET', 'SHOAL_TURN_PASSWORD'];
  for (const name of [...secrets, ...others]) process.env[name] = 'marker';
  process.env.UPLOAD_BUCKET = 'videos';
  t.teardown(() => {
    for (const name of [...secrets, ...others, 'UPLOAD_BUCKET']) delete process.env[name];
  });
  const script = new FinalizeScript(program, pino({ enabled: false }));
  t.equal(await script.run(folder), true);
  await script.close();
  const environment = await readFile(join(folder, 'environment'), 'utf8');
  t.match(environment, /^UPLOAD_BUCKET=videos$/m);
  t.notMatch(environment, /marker/);
});
