import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { runCommandLine } from '../../src/ondemand/command-line.ts';
import { onBothEngines, type TestEngine } from '../database/engines.ts';
import { OrderingPlace } from './ordering-server.ts';

const acme = { name: 'acme', balance: 20, pricePerRecorderHour: 0.2 };

/** Runs commands as an administrator does while the server runs. */
function administrator(engine: TestEngine, environment: Record<string, string> = {}) {
  const accounts = join(engine.variables.FJ_RESOURCES_BASE_PATH ?? '', 'etc', 'accounts.json');
  return async (...args: string[]) => {
    const output: string[] = [];
    const errors: string[] = [];
    const variables = { ...engine.variables, JOD_ACCOUNTS_FILE: accounts, ...environment };
    const print = { output: (line: string) => output.push(line), error: (line: string) => errors.push(line) };
    const code = await runCommandLine(args, variables, print);
    return { code, output: output.join('\n'), errors };
  };
}

await onBothEngines(t, 'accounts are topped up while the server runs', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme, { name: 'late', balance: 1 });
  const server = await place.start();
  const run = administrator(engine);
  t.strictSame(await run('top-up', 'acme', '12.5'), { code: 0, output: 'acme: 20.00 -> 32.50', errors: [] });
  t.equal(await server.balance(), 3250);
  t.equal((await server.order()).balance, 3130);
  const { output } = await run('accounts');
  t.match(
    output,
    /^ACCOUNT +BALANCE +PRICE +DOMAINS\nacme +31\.30 +0\.2 +meet\.example unfinished\.example \(incomplete\)\nlate +1\.00 +0 /,
  );
  t.notMatch(output, /key-/);
  for (const amount of ['0', '-5', '1.005', 'x', '1e3', '1000000000001']) {
    const { code, errors } = await run('top-up', 'acme', '--', amount);
    t.strictSame([code, errors.length], [1, 1], amount);
  }
  const stranger = await run('top-up', 'nobody', '5');
  t.strictSame(stranger, { code: 1, output: '', errors: ['jod: The accounts file has no account nobody.'] });
  t.equal(await server.balance(), 3130);
});

await onBothEngines(t, 'deployments are listed and ended', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start();
  const run = administrator(engine);
  const id = await server.deploy();
  await server.whenTold();
  t.match(
    (await run('deployments')).output.split('\n')[1],
    new RegExp(`^${id} +acme +active +2 +fra +meet\\.example +1\\.20 `),
  );
  t.equal((await run('end', id)).code, 0);
  t.match((await run('deployments')).output, / ending /);
  place.clock.advance(2000);
  await server.whenState(id, 'expired');
  t.strictSame(server.addresses, []);
  t.equal(await server.balance(), 1880, 'nothing is paid back');
  t.equal((await run('deployments')).output.split('\n').length, 1);
  t.match((await run('deployments', '--all')).output, new RegExp(`${id} .* expired `));
  t.strictSame(await run('end', id), { code: 1, output: '', errors: ['jod: The deployment has ended: expired.'] });
  t.strictSame(await run('end', 'x'), { code: 1, output: '', errors: ['jod: There is no deployment x.'] });
});

await onBothEngines(t, 'what cannot be done is told in a line', async (t, engine) => {
  await OrderingPlace.open(t, engine, acme);
  const run = administrator(engine);
  t.match(await run('--help'), { code: 0, output: /top-up <account> <amount>/, errors: [] });
  for (const args of [[], ['unknown'], ['constructor'], ['top-up', 'acme'], ['end'], ['accounts', 'x'], ['--bad']]) {
    const { code, errors } = await run(...args);
    t.strictSame([code, errors.length], [1, 1], args.join(' '));
  }
  const missing = administrator(engine, { JOD_ACCOUNTS_FILE: '/nowhere.json' });
  t.match(await missing('accounts'), {
    code: 1,
    errors: [/^jod: The accounts file \/nowhere\.json cannot be read: ENOENT\.$/],
  });
  const away = administrator(engine, { SHOAL_DATABASE_URL: 'postgres://user:geheim@127.0.0.1:1/shoal' });
  const { code, errors } = await away('accounts');
  t.strictSame([code, errors.length], [1, 1]);
  t.notMatch(errors, /geheim/);
});

await onBothEngines(t, 'it is a program', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  await place.start();
  const file = join(import.meta.dirname, '../../src/ondemand/command-line.ts');
  const accounts = join(engine.variables.FJ_RESOURCES_BASE_PATH ?? '', 'etc', 'accounts.json');
  const env = { ...process.env, ...engine.variables, JOD_ACCOUNTS_FILE: accounts };
  const { stdout } = await promisify(execFile)(process.execPath, [file, 'top-up', 'acme', '1'], { env });
  t.equal(stdout, 'acme: 20.00 -> 21.00\n');
  await t.rejects(promisify(execFile)(process.execPath, [file, 'end', 'x'], { env }), { code: 1, stdout: '' });
});

t.test('a database that no server has is not made', async (t) => {
  const folder = t.testdir({ 'accounts.json': JSON.stringify({ accounts: [{ ...acme, apiKey: 'key' }] }) });
  const errors: string[] = [];
  const print = { output: () => t.fail('nothing was done'), error: (line: string) => errors.push(line) };
  const variables = { FJ_RESOURCES_BASE_PATH: folder, JOD_ACCOUNTS_FILE: join(folder, 'accounts.json') };
  t.equal(await runCommandLine(['top-up', 'acme', '5'], variables, print), 1);
  t.match(errors, [/^jod: There is no .*shoal\.db: is FJ_RESOURCES_BASE_PATH that of the server/]);
  t.strictSame(await readdir(folder), ['accounts.json']);
});
