import jwt from 'jsonwebtoken';
import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { PeerTokens } from '../../src/signalling/peer-token.ts';

const key = new Secret('k'.repeat(64));
const day = 24 * 60 * 60 * 1000;

t.test('a token names its room and peer', async (t) => {
  const tokens = new PeerTokens(key);
  t.same(tokens.verify(tokens.issue('room', 'peer')), { ok: true, roomId: 'room', peerId: 'peer' });
});

t.test('a token is valid for 24 hours', async (t) => {
  let now = 1_700_000_000_000;
  const tokens = new PeerTokens(key, () => now);
  const token = tokens.issue('room', 'peer');
  now += day - 1000;
  t.match(tokens.verify(token), { ok: true });
  now += 1000;
  t.same(tokens.verify(token), { ok: false, reason: 'expired token' });
});

t.test('a token that is not ours is refused', async (t) => {
  const tokens = new PeerTokens(key);
  const claims = { room_id: 'room', peer_id: 'peer' };
  const [head, body] = tokens.issue('room', 'peer').split('.');
  const forged = {
    empty: '',
    garbage: 'SFMyNTY.abc.def',
    'another key': new PeerTokens(new Secret('x'.repeat(64))).issue('room', 'peer'),
    'no signature': `${head}.${body}.`,
    'no algorithm': jwt.sign(claims, '', { algorithm: 'none' }),
    'another algorithm': jwt.sign(claims, key.reveal(), { algorithm: 'HS512' }),
    'other claims': jwt.sign({ room_id: 'room' }, key.reveal()),
    'claims that are no text': jwt.sign({ room_id: 1, peer_id: {} }, key.reveal()),
  };
  for (const [what, token] of Object.entries(forged)) {
    t.same(tokens.verify(token), { ok: false, reason: 'invalid token' }, what);
  }
});
