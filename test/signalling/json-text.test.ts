import t from 'tap';
import { parseJsonText } from '../../src/signalling/json-text.ts';
import { MalformedEventError } from '../../src/signalling/malformed-event-error.ts';

t.test('parses JSON', async (t) => {
  t.strictSame(parseJsonText('{"a":[1,null]}'), { a: [1, null] });
});

t.test('says so when it is no JSON', async (t) => {
  for (const text of ['', '{', '{"type":"connect"', 'undefined', "{'a':1}", '{}{}', '\u0000']) {
    t.throws(() => parseJsonText(text), MalformedEventError);
  }
});
