import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { ExternalTurn } from '../../src/turn/external-turn.ts';
import { timeLimitedCredentials } from '../../src/turn/turn-credentials.ts';
import { HeldClock } from '../clock/held-clock.ts';

const servers = [
  { host: 'turn.example.com', port: 3478, transport: 'udp' },
  { host: '2001:db8::1', port: 443, transport: 'tls' },
] as const;

t.test('with a shared secret each peer gets credentials of its own', async (t) => {
  const clock = new HeldClock(1_700_000_000_000);
  const turn = new ExternalTurn(servers, { kind: 'shared-secret', secret: new Secret('hush') }, clock);
  const credentials = timeLimitedCredentials('hush', 'p1', clock.now());
  t.same(turn.entriesFor('p1'), [
    { serverAddr: 'turn.example.com', serverPort: 3478, transport: 'udp', ...credentials },
    { serverAddr: '[2001:db8::1]', serverPort: 443, transport: 'tls', ...credentials },
  ]);
  clock.advance(1000);
  t.not(turn.entriesFor('p1')[0]?.username, credentials.username, 'fresh ones each time');
  await turn.close();
});

t.test('with a fixed user every peer gets the same credentials', async (t) => {
  const turn = new ExternalTurn(servers, { kind: 'fixed', username: 'u', password: new Secret('p') });
  for (const entry of turn.entriesFor('p1')) t.match(entry, { username: 'u', password: 'p' });
});
