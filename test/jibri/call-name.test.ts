// docs/contracts/jibri.md 10.
import t from 'tap';
import { callRoomName, isLocalCall, meetingUrl } from '../../src/jibri/call-name.ts';

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
