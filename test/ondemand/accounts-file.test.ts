import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readAccounts } from '../../src/ondemand/accounts-file.ts';

async function read(t: Test, content: unknown) {
  const path = join(t.testdir(), 'accounts.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return await readAccounts(path);
}

const digest = (key: string) => hash('sha256', key, 'buffer');

t.test('accounts are read', async (t) => {
  const content = {
    accounts: [
      {
        ...{ name: 'acme', apiKey: 'JOD-1', balance: 20.005, pricePerRecorderHour: 0.2, callbackSecret: 's' },
        domains: [
          { domain: 'Meet.Acme.example.', configured: true, room_prefix: 'acme-', tenant: 'acme' },
          { domain: '10.0.0.5', configured: false },
        ],
      },
      { name: 'bare', apiKey: `sha256:${digest('JOD-2').toString('hex').toUpperCase()}` },
    ],
  };
  const { accounts, unknown } = await read(t, `\uFEFF${JSON.stringify(content)}`);
  t.strictSame(unknown, []);
  const [acme, bare] = accounts;
  t.equal(acme?.callbackSecret?.reveal(), 's');
  t.match(acme, { name: 'acme', keyDigest: digest('JOD-1'), openingBalance: 2001, pricePerRecorderHour: 0.2 });
  t.strictSame(acme?.domains, [
    { domain: 'meet.acme.example', configured: true, room_prefix: 'acme-', tenant: 'acme' },
    { domain: '10.0.0.5', configured: false },
  ]);
  t.match(bare, { keyDigest: digest('JOD-2'), openingBalance: 0, pricePerRecorderHour: 0, domains: [] });
  t.equal(bare?.callbackSecret, undefined);
  t.notMatch(JSON.stringify(accounts), /JOD-1/);
});

t.test('members that mean nothing are named', async (t) => {
  const domains = [{ domain: 'a', configured: true, roomPrefix: 'x' }];
  const { unknown } = await read(t, { accounts: [{ name: 'a', apiKey: 'k', pricePerRecoderHour: 1, domains }] });
  t.strictSame(unknown, ['accounts[0].pricePerRecoderHour', 'accounts[0].domains[0].roomPrefix']);
});

t.test('what is wrong is refused with its place, and without keys', async (t) => {
  const account = { name: 'a', apiKey: 'SECRET-KEY' };
  const wrong: [unknown, RegExp][] = [
    ['', /no valid JSON/],
    ['{"accounts":[\n{"name":"a",\n"apiKey":"SECRET-KEY" "x"}]}', /no valid JSON: see line 3/],
    ['SECRET-KEY', /no valid JSON/],
    [[], /wrong at its top/],
    [{}, /wrong at accounts:/],
    [{ accounts: [{ ...account, name: '' }] }, /at accounts\[0\]\.name/],
    [{ accounts: [{ name: 'a' }] }, /at accounts\[0\]\.apiKey/],
    [{ accounts: [{ ...account, apiKey: '' }] }, /at accounts\[0\]\.apiKey/],
    [{ accounts: [{ ...account, apiKey: 'sha256:SECRET-KEY' }] }, /at accounts\[0\]\.apiKey: .*64/],
    [{ accounts: [{ ...account, balance: -1 }] }, /at accounts\[0\]\.balance/],
    [{ accounts: [{ ...account, balance: '20' }] }, /at accounts\[0\]\.balance/],
    [{ accounts: [{ ...account, pricePerRecorderHour: 1e9 }] }, /at accounts\[0\]\.pricePerRecorderHour/],
    [{ accounts: [{ ...account, callbackSecret: '' }] }, /at accounts\[0\]\.callbackSecret/],
    [
      { accounts: [{ ...account, domains: [{ domain: 'a' }, { domain: 'http://a' }] }] },
      /accounts\[0\]\.domains\[1\]\.domain/,
    ],
    [{ accounts: [account, { ...account, apiKey: 'k' }] }, /at accounts\[1\]\.name: another/],
    [{ accounts: [account, { ...account, name: 'b' }] }, /at accounts\[1\]\.apiKey: another/],
    [
      { accounts: [account, { name: 'b', apiKey: `sha256:${digest('SECRET-KEY').toString('hex')}` }] },
      /at accounts\[1\]\.apiKey: another/,
    ],
  ];
  for (const [content, message] of wrong) {
    const error = await read(t, content).then(
      () => undefined,
      (error: Error) => error,
    );
    t.match(error, { name: 'StartError', message });
    t.notMatch(error?.message, /SECRET-KEY/);
  }
  await t.rejects(readAccounts('/nowhere/accounts.json'), { name: 'StartError', message: /\/nowhere.*ENOENT/ });
});
