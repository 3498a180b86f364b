import t from 'tap';
import { receivedRequest, responsePort } from '../../../../src/component/sip/transport/received-request.ts';
import { optionsRequest } from '../message/samples.ts';

const source = { address: '192.0.2.1', port: 40_000 };
const stamped = (via: string) => receivedRequest(optionsRequest(via), source).headers.all('via');

t.test('the topmost Via says where a request came from, and all others stay as they are', async (t) => {
  t.strictSame(stamped('SIP/2.0/UDP 192.0.2.1;branch=a'), ['SIP/2.0/UDP 192.0.2.1;branch=a'], 'nothing is new');
  t.strictSame(stamped('SIP/2.0/UDP a.example:5061;branch=a'), [
    'SIP/2.0/UDP a.example:5061;branch=a;received=192.0.2.1',
  ]);
  t.strictSame(stamped('SIP/2.0/UDP 192.0.2.1;rport;branch=a'), [
    'SIP/2.0/UDP 192.0.2.1;rport=40000;branch=a;received=192.0.2.1',
  ]);
  t.strictSame(
    stamped('SIP/2.0/UDP a;received=192.0.2.9;x="b, c" , SIP / 2.0/UDP  b ; branch=d'),
    ['SIP/2.0/UDP a;x="b, c";received=192.0.2.1, SIP / 2.0/UDP  b ; branch=d'],
    'what a sender says of itself does not count',
  );
  const request = optionsRequest('SIP/2.0/UDP a;branch=1');
  request.headers.append('Via', 'SIP/2.0/UDP b;branch=2');
  const { headers } = receivedRequest(request, source);
  t.strictSame(headers.all('via'), ['SIP/2.0/UDP a;branch=1;received=192.0.2.1', 'SIP/2.0/UDP b;branch=2']);
  t.strictSame(
    [...headers].map(([name]) => name),
    [...request.headers].map(([name]) => name),
  );
});

t.test('a response goes to the source port only if the request asks for that', async (t) => {
  t.equal(responsePort(optionsRequest('SIP/2.0/UDP a:5062;rport'), 40_000), 40_000);
  t.equal(responsePort(optionsRequest('SIP/2.0/UDP a:5062'), 40_000), 5062);
  t.equal(responsePort(optionsRequest('SIP/2.0/UDP a'), 40_000), 5060);
});
