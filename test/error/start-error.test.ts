import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { folderMade, listening, StartError } from '../../src/error/start-error.ts';

async function listen(host: string, port: number) {
  const server = createServer();
  await once(server.listen(port, host), 'listening');
  return server;
}

t.test('a port in use and an address of another host are explained', async (t) => {
  const server = await listening(listen('127.0.0.1', 0), 'here', 'X');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  await t.rejects(
    listening(listen('127.0.0.1', port), `127.0.0.1 port ${port}`, 'FJ_PORT'),
    new StartError(`Cannot listen on 127.0.0.1 port ${port}: it is in use. Stop what uses it or change FJ_PORT.`),
  );
  await t.rejects(
    listening(listen('192.0.2.1', 0), '192.0.2.1 port 0', 'FJ_IP'),
    new StartError('Cannot listen on 192.0.2.1 port 0: this host has no such address. Change FJ_IP.'),
  );
});

t.test('any other error is passed on as it is', async (t) => {
  const error = new TypeError('of ours');
  const failure = await listening(Promise.reject(error), 'here', 'X').catch((reason: unknown) => reason);
  t.equal(failure, error);
});

t.test('a folder that cannot be created is explained', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file');
  const made = folderMade(mkdir(join(file, 'x'), { recursive: true }), file, 'SOME_PATH');
  await t.rejects(made, { name: 'StartError', message: `Cannot create or read ${file}: ENOTDIR. Change SOME_PATH.` });
  const broken = new Error('else');
  await t.rejects(folderMade(Promise.reject(broken), file, 'SOME_PATH'), broken);
  t.equal(await folderMade(Promise.resolve(5), file, 'SOME_PATH'), 5);
});
