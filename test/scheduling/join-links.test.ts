import jsonwebtoken from 'jsonwebtoken';
import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import type { ConferenceDetails, ConferenceServer } from '../../src/scheduling/conference.ts';
import { tokenBearer } from '../../src/scheduling/conference-token.ts';
import { JoinLinks } from '../../src/scheduling/join-links.ts';
import { onBothEngines, testEngine } from '../database/engines.ts';

const publicAddress = 'https://meet.example.org';
const server: ConferenceServer = {
  ...{ id: 1, url: 'meet.example.org', name: 'Main', slug: 'meet.example.org', appId: 'id' },
  ...{ apiKey: new Secret('key'), appSecret: new Secret('secret'), users: ['*'], allowClone: false, default: true },
  address: publicAddress,
};
const elsewhere = { ...server, url: 'second.example.org', address: 'https://second.example.org' };
const moderator = {
  ...{ id: 1, email: 'a@example.org', keycloakId: null, timeZone: null, firstName: null, lastName: null },
};
const conference: ConferenceDetails = {
  ...{ id: 84, uid: '57d4d52d3c1f38c28e9f101f031a631f', number: '91612345678', name: 'Standup', start: 0, end: 1 },
  ...{ duration: 30, timeZone: null, moderator, server, sequence: 0 },
};

await onBothEngines(t, 'personal links outlive the server, and are the same for all nodes', async (t, engine) => {
  const [one, two] = await Promise.all(
    [1, 2].map(async () => JoinLinks.open({ database: await engine.open(), publicAddress })),
  );
  const link = one?.personal(conference, moderator) ?? '';
  t.match(link, /^https:\/\/meet\.example\.org\/join\/meet\.example\.org\?data=[\w%]+&sig=[\w-]{43}$/);
  const { searchParams } = new URL(link);
  const data = searchParams.get('data') ?? '';
  t.equal(Buffer.from(data, 'base64').toString(), 'uid=91612345678&email=a@example.org');
  const sig = searchParams.get('sig') ?? undefined;
  for (const links of [one, two]) {
    t.strictSame(links?.read(data, sig), { number: '91612345678', email: 'a@example.org', isSigned: true });
  }
  const { links } = await otherServer(t);
  t.match(links.read(data, sig), { isSigned: false }, 'another server has another key');
});

async function otherServer(t: Parameters<typeof testEngine>[0]) {
  const engine = await testEngine(t, 'SQLite');
  return { links: await JoinLinks.open({ database: await engine.open(), publicAddress }) };
}

t.test('links of conferences on other servers lead here', async (t) => {
  const { links } = await otherServer(t);
  const link = links.personal({ ...conference, server: { ...elsewhere, slug: 'second.example.org' } }, moderator);
  t.match(link, 'https://meet.example.org/join/second.example.org?data=');
});

t.test('every address can be in a link, in each alphabet of base64', async (t) => {
  const { links } = await otherServer(t);
  for (const email of [
    'a&b=c@example.org',
    'a+b@example.org',
    '50%@example.org',
    '%41@example.org',
    '~?>~?>~?>@x.org',
  ]) {
    const { data, sig } = links.signed({ number: '1', email });
    const texts = [data, data.replaceAll('+', ' '), Buffer.from(data, 'base64').toString('base64url')];
    for (const text of texts) t.strictSame(links.read(text, sig), { number: '1', email, isSigned: true });
  }
});

t.test('what is no data of a link is none', async (t) => {
  const { links } = await otherServer(t);
  const of = (text: string) => links.read(Buffer.from(text).toString('base64'), 'x');
  t.match(of('uid=1&email=raw%zz@example.org'), { email: 'raw%zz@example.org', isSigned: false });
  for (const text of [
    '',
    'uid=1',
    'email=a@b.c',
    'uid=a&email=a@b.c',
    'uid=1&email=',
    'uid=1&email=a&uid=2',
    ' uid=1&email=a',
  ]) {
    t.equal(of(text), undefined, text);
  }
  t.equal(of(`uid=1&email=${'a'.repeat(1000)}`), undefined);
  t.equal(links.read('?'.repeat(5000), undefined), undefined);
});

t.test('a conference on another server has its own address and token', async (t) => {
  const { links } = await otherServer(t);
  const participant = { displayName: 'Ann "the <b>" Lee', moderator: true, email: 'a@example.org' };
  const there = { ...conference, server: elsewhere, name: 'A "B" & <C>#?' };
  const link = links.foreign(there, participant, 'https');
  const [, token = ''] =
    /^https:\/\/second\.example\.org\/91612345678\?jwt=([\w.-]+)#config\.subject=%22.*%22$/.exec(link) ?? [];
  t.strictSame(jsonwebtoken.verify(token, 'secret', { algorithms: ['HS256'], complete: true }).payload, {
    ...{ aud: 'jitsi_admin', iss: 'id', sub: 'second.example.org', room: '91612345678', moderator: true },
    context: { room: { name: there.name }, user: { name: participant.displayName, email: 'a@example.org' } },
  });
  t.strictSame(tokenBearer(there, token), { name: participant.displayName, email: 'a@example.org' });
  t.equal(tokenBearer({ ...there, number: '1' }, token), undefined, 'it is for one conference');
  const otherSecret = { ...elsewhere, appSecret: new Secret('other') };
  t.equal(tokenBearer({ ...there, server: otherSecret }, token), undefined);
  t.equal(tokenBearer({ ...there, server: { ...elsewhere, appSecret: undefined } }, token), undefined);
  t.equal(JSON.parse(decodeURIComponent(link.replace(/.*subject=/, ''))), there.name, 'the name is a text and no more');
  t.match(links.foreign(there, participant, 'jitsi-meet'), /^jitsi-meet:\/\/second\.example\.org\/91612345678\?jwt=/);
  for (const { appId, appSecret } of [
    { appId: '', appSecret: elsewhere.appSecret },
    { appId: 'id', appSecret: undefined },
    { appId: 'id', appSecret: new Secret('') },
  ]) {
    const open = { ...conference, server: { ...elsewhere, appId, appSecret } };
    t.equal(
      links.foreign(open, participant, 'https'),
      'https://second.example.org/91612345678#config.subject=%22Standup%22',
    );
  }
  const hostile = { ...there, name: `${'x'.repeat(1_000_000)}\ud800` };
  t.ok(links.foreign(hostile, participant, 'https').length < 1000);
});
