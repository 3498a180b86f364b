import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { UriResolver } from '../../../../src/component/sip/transport/uri-resolver.ts';
import { AddressGuard } from '../../../../src/net/address-guard.ts';
import { ScriptedPeer, testRequest } from '../scripted-peer.ts';
import { openTransactions } from '../transaction/open-transactions.ts';

t.test('a request reaches the second server of a domain when the first one is gone', async (t) => {
  const gone = createServer();
  await once(gone.listen(0, '127.0.0.1'), 'listening');
  const { port: gonePort } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => peer.respond(given, 200));
  const server = (priority: number, port: number) => ({ priority, port, weight: 1, name: 'server.example.org' });
  const dns = {
    naptr: async () => [],
    srv: async () => [server(20, peer.sockets.port), server(10, gonePort)],
    addresses: async () => ['127.0.0.1'],
  };
  const resolver = new UriResolver({ dns, guard: new AddressGuard(), seed: '' });
  const { transactions } = await openTransactions(t);
  const hops = await resolver.resolve('sip:example.org;transport=tcp');
  t.strictSame(
    hops.map(({ port }) => port),
    [gonePort, peer.sockets.port],
  );
  const { response, hop } = await transactions.ask(testRequest('OPTIONS'), hops);
  t.equal(response.status, 200);
  t.strictSame(hop, hops[1]);
});
