import t from 'tap';
import { Progress } from '../../../workers/mediasoup/progress.mjs';

t.test('every tenth is reported once', async (t) => {
  const lines: string[] = [];
  const progress = new Progress((line: string) => void lines.push(line));
  for (let done = 0; done <= 40; done++) progress.update(done, 40);
  const expected = Array.from({ length: 10 }, (_, index) => `  [${4 * (index + 1)}/40] ${10 * (index + 1)} %`);
  t.same(lines, expected);
});

t.test('steps of more than a tenth are reported as they come', async (t) => {
  const lines: string[] = [];
  const progress = new Progress((line: string) => void lines.push(line));
  for (let done = 1; done <= 3; done++) progress.update(done, 3);
  t.same(lines, ['  [1/3] 30 %', '  [2/3] 60 %', '  [3/3] 100 %']);
});
