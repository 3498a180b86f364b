import { once } from 'node:events';
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import t, { type Test } from 'tap';
import { AddressGuard, type AddressGuardOptions } from '../../src/net/address-guard.ts';
import { guardedAgents } from '../../src/net/guarded-agents.ts';
import { Receiver } from './receiver.ts';

function agentsOf(t: Test, options?: AddressGuardOptions, address = '127.0.0.1') {
  const guard = new AddressGuard({
    ...options,
    resolve: (_name, _options, callback) => callback(null, [{ address, family: 4 }]),
  });
  const agents = guardedAgents(guard);
  t.teardown(() => {
    agents.httpAgent.destroy();
    agents.httpsAgent.destroy();
  });
  return agents;
}

t.test('the agents connect to permitted addresses, literal or by name', async (t) => {
  const receiver = await Receiver.start(t);
  const { httpAgent: agent } = agentsOf(t);
  for (const host of ['127.0.0.1', 'store.test']) {
    const request = overHttp({ host, port: receiver.port, agent }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    t.equal(response.statusCode, 200);
  }
  t.equal(receiver.requests.length, 2);
});

t.test('the agents do not connect to other addresses', async (t) => {
  const receiver = await Receiver.start(t);
  const { port } = receiver;
  const refused = { code: 'refusedAddress' };
  const denying = agentsOf(t, { deny: ['127.0.0.0/8'] });
  for (const host of ['127.0.0.1', 'store.test', '[::ffff:127.0.0.1]']) {
    await t.rejects(once(overHttp({ host, port, agent: denying.httpAgent }).end(), 'response'), refused, host);
    await t.rejects(once(overHttps({ host, port, agent: denying.httpsAgent }).end(), 'response'), refused, host);
  }
  const metadata = agentsOf(t, { allow: ['169.254.0.0/16'] }, '169.254.169.254');
  for (const host of ['169.254.169.254', 'store.test']) {
    await t.rejects(once(overHttp({ host, port: 80, agent: metadata.httpAgent }).end(), 'response'), refused, host);
    await t.rejects(once(overHttps({ host, agent: metadata.httpsAgent }).end(), 'response'), refused, host);
  }
  t.equal(receiver.requests.length, 0);
});
