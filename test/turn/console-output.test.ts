import t from 'tap';
import { readAllocations } from '../../src/turn/console-output.ts';

const listed = (number: number, id: string, user: string, rest: string[]) =>
  [`    ${number}) id=${id}, user <${user}>:`, '      realm: shoal', '      started 2 secs ago', ...rest, ''].join(
    '\r\n',
  );

t.test('allocations are read with their peer, and sessions without one are left out', async (t) => {
  const output = [
    '',
    listed(1, '001000000000000003', '1796208532:b', [
      '      client addr 127.0.0.1:47462, server addr 127.0.0.1:45000',
      '      relay addr 127.0.0.1:45005',
    ]),
    listed(2, '000000000000000001', '1796208532:none', ['      client addr 127.0.0.1:1, server addr 127.0.0.1:45000']),
    listed(3, '000000000000000002', '1796208533:a:b', ['      relay addr [fd00::5]:45006']),
    listed(4, '000000000000000004', '', ['      relay addr 127.0.0.1:45007']),
    '  Total sessions: 4\r\n\r\n> ',
  ].join('\r\n');
  t.same(readAllocations(output), [
    { id: '001000000000000003', peerId: 'b', expiry: 1_796_208_532, relayPort: 45_005 },
    { id: '000000000000000002', peerId: 'a:b', expiry: 1_796_208_533, relayPort: 45_006 },
  ]);
  t.same(readAllocations('\r\n  Total sessions: 0\r\n\r\n> '), []);
});
