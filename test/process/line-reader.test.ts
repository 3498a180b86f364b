import t from 'tap';
import { LineReader } from '../../src/process/line-reader.ts';

function read(chunks: (string | Buffer)[], limit?: number): string[] {
  const lines: string[] = [];
  const reader = new LineReader((line) => lines.push(line), limit);
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return lines;
}

t.test('lines are read across chunk borders, with any line end', async (t) => {
  t.same(read(['a', 'b\nc\r', '\nd\r', 'e']), ['ab', 'c', 'd', 'e']);
  t.same(read(['\n\n  \n']), [], 'empty lines say nothing');
});

t.test('characters are read across chunk borders', async (t) => {
  const bytes = Buffer.from('Übung\n');
  t.same(read([bytes.subarray(0, 1), bytes.subarray(1)]), ['Übung']);
});

t.test('a line without end is cut once', async (t) => {
  t.same(read(['12345', '67890', '12345\nnext\n'], 8), ['12345678…', 'next']);
  t.same(read(['123456789\nnext'], 8), ['12345678…', 'next']);
});
