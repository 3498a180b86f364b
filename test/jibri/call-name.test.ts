// docs/contracts/jibri.md 10.
import { createHash } from 'node:crypto';
import t from 'tap';
import { callRoom, callRoomName, isLocalCall, meetingUrl } from '../../src/jibri/call-name.ts';

t.test('the last part of a call name is the room id', async (t) => {
  const cases = [
    ['standup', 'standup'],
    ['/standup', 'standup'],
    ['//tenant/sub/standup', 'standup'],
    ['standup?jwt=1', 'standup'],
    ['standup#config.x=true', 'standup'],
    ['stand%2Dup', 'stand-up'],
    ['a%2Fb', 'b'],
    ['%zz', '%zz'],
    ['', ''],
    ['room/', ''],
    ['../../etc/passwd', 'passwd'],
    ['..', '..'],
  ] as const;
  for (const [callName, name] of cases) t.equal(callRoomName({ callName }), name, callName);
});

const hashed = (prefix: string, name: string) =>
  `${prefix}-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`;
const roomOf = (callName: string, baseUrl = 'https://m.example', tenant = '') =>
  callRoom({ callName, baseUrl, tenant });

t.test('a name that is no room id becomes one', async (t) => {
  const long = 'x'.repeat(513);
  const cases = [
    ['stand-up_1', 'stand-up_1'],
    ['B%C3%BCro 1', hashed('B-ro-1', 'Büro 1')],
    ['Büro 1', hashed('B-ro-1', 'Büro 1')],
    ['Bu\u0308ro 1', hashed('B-ro-1', 'Büro 1')],
    ['a_b c', hashed('a-b-c', 'a_b c')],
    ['%zz', hashed('-zz', '%zz')],
    ['100%25', hashed('100-', '100%')],
    ['😀', hashed('-', '😀')],
    [long, hashed('x'.repeat(48), long)],
    [`ä${'y'.repeat(99)}`, hashed(`-${'y'.repeat(47)}`, `ä${'y'.repeat(99)}`)],
  ] as const;
  for (const [callName, id] of cases) t.strictSame(roomOf(callName), { id }, callName);
  for (const none of ['', '/', 'room/', '.', '..', '%2e%2E', '?x']) t.equal(roomOf(none), undefined, none);
});

t.test('the path before the name, or else the tenant, is the tenant', async (t) => {
  const cases = [
    [roomOf('acme/standup'), 'acme_standup', 'acme'],
    [roomOf('standup', 'https://m.example/Acme/'), 'Acme_standup', 'acme'],
    [roomOf('standup', 'm.example:8443/acme?x=/y'), 'acme_standup', 'acme'],
    [roomOf('sub/standup', 'https://m.example/acme', 'other'), 'acme_sub_standup', 'acme/sub'],
    [roomOf('standup', 'https://m.example', 'acme.sub'), 'acme_sub_standup', 'acme/sub'],
    [roomOf('../a//./standup', 'nonsense'), 'a_standup', 'a'],
    [roomOf('standup', 'https://m.example/M%C3%BCnchen'), `${hashed('M-nchen', 'München')}_standup`, 'münchen'],
  ] as const;
  for (const [room, id, name] of cases) t.match(room, { id, tenant: { name, bareId: 'standup' } });
  t.match(roomOf('acme/Büro'), {
    tenant: { bareId: hashed('B-ro', 'Büro'), distinctId: hashed('acme-B-ro', 'acme/Büro') },
  });
  t.not(roomOf('a/b_c')?.tenant?.distinctId, roomOf('a_b/c')?.tenant?.distinctId);
  t.ok((roomOf(`${'a/'.repeat(500)}b`)?.id.length ?? 0) < 100);
});

t.test('the time for a call is in proportion to its length', async (t) => {
  const cost = (callName: string) => {
    const before = process.cpuUsage();
    t.match(roomOf(callName)?.id, /^[\w-]{1,512}$/);
    return process.cpuUsage(before).user / 1000;
  };
  for (const part of ['\u0301\u0316', 'é/', 'a/', '/', '?', '%c3%a9', '%', '.']) {
    const once = Math.min(cost(`a${part.repeat(50_000)}b`), cost(`a${part.repeat(50_000)}b`));
    t.ok(cost(`a${part.repeat(100_000)}b`) <= 3 * once + 100, JSON.stringify(part));
  }
});

t.test('calls of other hosts are refused', async (t) => {
  t.ok(isLocalCall({ baseUrl: 'whatever' }, []));
  const hosts = ['meet.example.org', 'other.example:8443'];
  const cases = [
    ['https://meet.example.org', true],
    ['https://MEET.example.org:444/x', true],
    ['https://other.example:8443', true],
    ['https://other.example', false],
    ['https://evil.org/meet.example.org', false],
    ['https://meet.example.org@evil.org', false],
    ['nonsense', false],
    ['', false],
  ] as const;
  for (const [baseUrl, expected] of cases) t.equal(isLocalCall({ baseUrl }, hosts), expected, baseUrl);
});

t.test('the URL of the meeting has the parameters of the call', async (t) => {
  const call = { baseUrl: 'https://m.example/', callName: '/a/b', tenant: '', urlParams: [] };
  t.equal(meetingUrl(call), 'https://m.example/a/b');
  t.equal(meetingUrl({ ...call, urlParams: ['x=1', 'jwt=2'] }), 'https://m.example/a/b#x=1&jwt=2');
});
