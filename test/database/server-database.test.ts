// The whole server and its database.
import t from 'tap';
import { eventually } from '../eventually.ts';
import { PortBlock } from '../port-block.ts';
import { RunningProcess } from '../running-process.ts';
import { RunningServer } from '../running-server.ts';
import { Postgres } from './postgres.ts';

const servers = JSON.stringify([
  { id: 1, url: 'meet.example.org', apiKey: 'k'.repeat(32), users: ['*'], default: true },
]);
const port = (await PortBlock.claim(t)).min;
const postgres = await Postgres.start(t, { port });

async function readiness({ host }: Pick<RunningServer, 'host'>) {
  const response = await fetch(`http://${host}/ready`);
  return { status: response.status, body: await response.json() };
}

const ready = { status: 200, body: { status: 'ready' } };

t.test('a server tells whether its database works, to everybody', async (t) => {
  const url = await postgres.createDatabase();
  const variables = { SHOAL_TURN: 'off', JITSI_ADMIN_SERVERS: servers, SHOAL_DATABASE_URL: url };
  const server = await RunningServer.start(t, variables);
  t.strictSame(await readiness(server), ready);
  await postgres.kill('SIGINT');
  const away = { status: 503, body: { status: 'unready', reasons: ['database: it cannot be reached'] } };
  await eventually('unready', async () => (await readiness(server)).status === 503);
  t.strictSame(await readiness(server), away);
  t.equal((await server.ask('GET', '/health')).status, 200, 'media goes on');
  await server.createRoom();
  await postgres.start();
  await eventually('ready again', async () => (await readiness(server)).status === 200);
});

t.test('a database that is away ends the start in one sentence', async (t) => {
  const url = 'postgres://shoal:hunter2-secret@127.0.0.1:1/shoal';
  const shoal = await RunningProcess.start(t, { JITSI_ADMIN_SERVERS: servers, SHOAL_DATABASE_URL: url });
  t.equal((await shoal.ended).code, 1);
  const sentence = 'Cannot use the database of SHOAL_DATABASE_URL: connect ECONNREFUSED 127.0.0.1:1.';
  t.match(shoal.output, `Shoal cannot start: ${sentence}\n`);
  t.notMatch(shoal.output, /\n\s+at |hunter2/, 'no stack, no password');
});
