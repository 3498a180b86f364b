import t from 'tap';
import { z } from 'zod';
import { checkSettings, parseSettings } from '../../src/config/settings-text.ts';

const messageOf = (read: () => unknown) => {
  try {
    read();
    return undefined;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

t.test('JSON is read, also behind a byte order mark', async (t) => {
  t.strictSame(parseSettings('\uFEFF[1]', 'The file'), [1]);
});

t.test('what is no JSON is told with its line, and not shown', async (t) => {
  const expected: readonly [string, string][] = [
    ['[\n1,\n"secret" 2]', 'StartError: The file is no valid JSON: see line 3.'],
    ['secret', 'StartError: The file is no valid JSON.'],
    ['', 'StartError: The file is no valid JSON.'],
  ];
  for (const [text, message] of expected)
    t.equal(
      messageOf(() => parseSettings(text, 'The file')),
      message,
    );
});

t.test('what is wrong is told with its place, and not shown', async (t) => {
  const schema = z.array(z.object({ names: z.array(z.string()).default([]) }));
  t.strictSame(checkSettings([{}], schema, 'The file'), [{ names: [] }]);
  const places: readonly [unknown, string][] = [
    ['secret', 'its top'],
    [['secret'], '[0]'],
    [[{ names: ['a', 17] }], '[0].names[1]'],
  ];
  for (const [value, place] of places) {
    const message = messageOf(() => checkSettings(value, schema, 'The file')) ?? '';
    t.ok(message.startsWith(`StartError: The file is wrong at ${place}: `), message);
    t.notMatch(message, /secret|17/);
  }
});
