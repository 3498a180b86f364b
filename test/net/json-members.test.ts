import t from 'tap';
import { hasMoreMembers } from '../../src/net/json-members.ts';

t.test('members and items are counted, texts passed over', async (t) => {
  const counts: [text: string, members: number][] = [
    ['', 0],
    ['5', 0],
    ['[]', 1],
    ['[1,2,3]', 3],
    ['{"a":{"b":1,"c":[]}}', 4],
    ['"[[[{{{,,,"', 0],
    ['["\\"[,",1]', 2],
    ['["\\\\",1,2]', 3],
    ['["\\\\\\",1,2]', 1],
    ['["never ends,,,', 1],
    ['[[[', 3],
  ];
  for (const [text, members] of counts) {
    t.notOk(hasMoreMembers(text, members), text);
    if (members > 0) t.ok(hasMoreMembers(text, members - 1), text);
  }
});

t.test('the time is linear in the length of the text', async (t) => {
  for (const piece of ['\\', '"', '\\"', '"\\\\"', 'x']) {
    const cpu = (length: number) => {
      const text = `"${piece.repeat(length / piece.length)}`;
      const before = process.threadCpuUsage();
      hasMoreMembers(text, 10);
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1000;
    };
    cpu(100_000);
    const [once, twice] = [cpu(500_000), cpu(1_000_000)];
    t.ok(twice < 3 * once + 50, piece, { once, twice });
  }
});
