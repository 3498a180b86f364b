import t from 'tap';
import { StartError } from '../../src/error/start-error.ts';
import { Servers } from '../../src/scheduling/servers.ts';
import { onBothEngines } from '../database/engines.ts';
import { codeOf, conferencesIn, createFields, schedulingConfig, testServers } from './conference-database.ts';

const key = 'TestApi';
const publicAddress = 'http://127.0.0.1:5002';
const fields = { url: undefined, name: undefined, app_id: undefined, app_secret: undefined };

await onBothEngines(t, 'servers of a key', async (t, engine) => {
  const { servers } = await conferencesIn(await engine.open());
  const ids = async (given: string | undefined) => (await servers.ofKey(given)).map(({ id }) => id);
  t.strictSame(await ids(key), [1, 2]);
  t.strictSame(await ids('OtherKey'), [5]);
  for (const given of [undefined, '', 'testapi', 'TestApi ', 'TestApiX', '\0']) t.strictSame(await ids(given), []);
});

await onBothEngines(t, 'a server is cloned', async (t, engine) => {
  const database = await engine.open();
  const { servers, conferences } = await conferencesIn(database);
  const clone = (values: object, given: string | undefined = key) => servers.clone(given, { ...fields, ...values });
  for (const given of ['', 'OtherKey', 'wrong'])
    t.equal(await codeOf(clone({ url: 'c.example.org' }, given)), 'notCloneable');
  t.equal(await codeOf(servers.clone(undefined, fields)), 'notCloneable');
  const bad = [
    '',
    'a b.example.org',
    'user@host',
    'host?x',
    'host#x',
    '\0',
    'a\ud800b',
    'x'.repeat(256),
    'http://',
    'a\r\nb',
    'host:99999',
  ];
  for (const url of bad) t.equal(await codeOf(clone({ url, name: 'no host name' })), 'urlMissing', JSON.stringify(url));
  for (const name of ['localhost', 'a..b', '-a.de', `${'a.'.repeat(130)}de`])
    t.equal(await codeOf(clone({ name })), 'urlMissing');
  t.equal(await codeOf(clone({ url: 'c.example.org', app_id: 'x\0' })), 'invalid');
  t.equal(await codeOf(clone({ url: 'c.example.org', app_secret: 'x'.repeat(2000) })), 'invalid');

  const first = await clone({ url: 'c.example.org:8443', name: 'C', app_id: 'id', app_secret: 'secret' });
  t.equal(first, 7, 'after the configured ones');
  t.equal(await clone({ name: 'named.example.org' }), 8);
  t.equal(await clone({ name: 'named.example.org' }), 9, 'also a second one of a url');
  t.match(await servers.byId(first), {
    ...{ id: 7, url: 'c.example.org:8443', name: 'C', slug: 'c.example.org%3A8443', appId: 'id', users: [] },
    ...{ allowClone: false, default: false, address: 'https://c.example.org:8443' },
  });
  t.equal((await servers.byId(first))?.appSecret?.reveal(), 'secret');
  t.match(await servers.byId(8), { url: 'named.example.org', appId: '', appSecret: undefined });
  t.strictSame(
    (await servers.ofKey(key)).map(({ id }) => id),
    [1, 2, 7, 8, 9],
  );
  t.equal(
    await codeOf(conferences.create(key, { ...createFields, server: 'named.example.org' })),
    'serverNotFound',
    'no users',
  );
  t.notMatch(
    JSON.stringify(await database.queries.selectFrom('scheduling_servers').selectAll().execute()),
    key,
    'no key is stored',
  );

  // After a restart, with another key and one server less.
  const rest = testServers
    .filter(({ id }) => id !== 2)
    .map((server) => (server.id === 1 ? { ...server, apiKey: 'New' } : server));
  const later = await Servers.open({ config: schedulingConfig(rest), database, publicAddress });
  t.strictSame(await later.ofKey(key), [], 'the old key opens no clone');
  t.strictSame(
    (await later.ofKey('New')).map(({ id }) => id),
    [1, 7, 8, 9],
  );
  const orphaned = await Servers.open({ config: schedulingConfig(testServers.slice(1)), database, publicAddress });
  t.equal(await orphaned.byId(7), undefined, 'a clone of none');
  const clash = Servers.open({
    config: schedulingConfig([...testServers, { id: 8, url: 'x.example.org' }]),
    database,
    publicAddress,
  });
  await t.rejects(clash, new StartError('JITSI_ADMIN_SERVERS has the id 8, which a cloned server has. Change it.'));
});

await onBothEngines(t, 'a server that is configured no longer', async (t, engine) => {
  const database = await engine.open();
  const { conferences } = await conferencesIn(database);
  const uid = await conferences.create('OtherKey', { ...createFields, server: 'other.example.org' });
  const without = schedulingConfig(testServers.filter(({ id }) => id < 5));
  const servers = await Servers.open({ config: without, database, publicAddress });
  t.equal(await servers.clone(key, { ...fields, url: 'c.example.org' }), 6, 'its id is not given again');
  const { conferences: all } = await conferencesIn(database, { servers: without.servers });
  t.equal(await codeOf(all.get('OtherKey', uid)), 'denied');
  t.equal(await codeOf(all.delete(key, uid)), 'denied');
  t.equal(await all.find({ uid }), undefined);
});

await onBothEngines(t, 'servers of a user', async (t, engine) => {
  const { servers, conferences } = await conferencesIn(await engine.open());
  await conferences.create(key, { ...createFields, email: 'K@example.org', keycloakId: 'k-1' });
  const urls = ['meet.example.org', 'other.example.org', 'nobody.example.org'];
  t.strictSame(await servers.ofUser('OtherKey', 'k@EXAMPLE.org', undefined), { urls, email: 'K@example.org' });
  t.strictSame(
    await servers.ofUser(key, 'listed@example.org', 'k-1'),
    { urls, email: 'K@example.org' },
    'the identity counts',
  );
  t.strictSame(await servers.ofUser(key, 'listed@example.org', 'unknown'), {
    urls: ['closed.example.org', ...urls],
    email: 'Listed@Example.org',
  });
  const rows: [string | undefined, string | undefined, string][] = [
    [undefined, 'k@example.org', 'denied'],
    ['wrong', 'k@example.org', 'denied'],
    [key, undefined, 'userNotFound'],
    [key, '*', 'userNotFound'],
    [key, '\0', 'userNotFound'],
    [key, 'x@example.org', 'userNotFound'],
  ];
  for (const [given, email, code] of rows) t.equal(await codeOf(servers.ofUser(given, email, undefined)), code);
});
