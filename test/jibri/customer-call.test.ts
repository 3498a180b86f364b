// docs/contracts/jod.md 8: which calls a customer's recorder records.
import t from 'tap';
import { customerRoom } from '../../src/jibri/customer-call.ts';

const room = (baseUrl: string, domain: string, callName = 'standup') =>
  customerRoom({ baseUrl, callName, tenant: '' }, { domain });

t.test('the host of a call is the domain of the order, in any spelling and with any port', async (t) => {
  const own = [
    ['https://call.acme.example', 'call.acme.example'],
    ['HTTPS://Call.ACME.example:8443/', 'call.acme.example'],
    ['http://call.acme.example.:80', 'call.acme.example'],
    ['https://call.acme.example', 'CALL.acme.example.'],
    ['https://user:pass@call.acme.example', 'call.acme.example'],
    ['https://bücher.example', 'xn--bcher-kva.example'],
    ['https://b%C3%BCcher.example', 'xn--bcher-kva.example'],
    ['https://127.0.0.1:8443', '127.0.0.1'],
    ['https://[::1]:8443', '::1'],
    ['https://[0:0:0:0:0:0:0:1]', '[::1]'],
    ['http://localhost:3000', 'localhost'],
  ] as const;
  for (const [baseUrl, domain] of own) t.strictSame(room(baseUrl, domain), { id: 'standup' }, baseUrl);
  const others = [
    'https://acme.example',
    'https://evil.call.acme.example',
    'https://call.acme.example.evil.example',
    'https://call.acme.example@evil.example',
    'https://evil.example/call.acme.example',
    'https://evil.example?https://call.acme.example',
    'https://call.acme.example..',
    'call.acme.example',
    'mailto:call.acme.example',
    'https://',
    'nonsense',
    '',
  ];
  for (const baseUrl of others) t.equal(room(baseUrl, 'call.acme.example'), undefined, baseUrl);
  t.equal(room('https://call.acme.example', 'call.acme.example', ''), undefined, 'a call without a name');
  t.match(room('https://call.acme.example/sub', 'call.acme.example'), { id: 'sub_standup' }, 'tenants as ever');
});

t.test('a customer may be kept to rooms of a prefix or a tenant', async (t) => {
  const baseUrl = 'https://meet.example';
  const find = (callName: string, limits: { roomPrefix?: string; tenant?: string }) =>
    customerRoom({ baseUrl, callName, tenant: '' }, { domain: 'meet.example', ...limits });
  t.strictSame(find('Acme-1', { roomPrefix: 'acme-' }), { id: 'Acme-1' });
  t.equal(find('umbrella-1', { roomPrefix: 'acme-' }), undefined);
  t.equal(find('x/acme-1', { roomPrefix: 'acme-' }), undefined, 'it is that of the room, not of the name');
  t.match(find('acme/1', { roomPrefix: 'acme_' }), { id: 'acme_1', tenant: { bareId: 'acme_1' } });
  t.match(find('acme-x/acme-1', { roomPrefix: 'acme-' }), { tenant: { bareId: 'acme-1' } }, 'its own room will do');
  t.match(find('Acme/1', { tenant: 'acme' }), { id: 'Acme_1', tenant: { bareId: 'Acme_1' } }, 'not the room `1`');
  for (const name of ['1', 'umbrella/1', 'acme/sub/1']) t.equal(find(name, { tenant: 'acme' }), undefined, name);
});
