import t from 'tap';
import { MalformedEventError, parseJsonText } from '../../src/signalling/json-text.ts';

t.test('JSON is parsed', async (t) => {
  t.strictSame(parseJsonText('{"a":[1,null]}'), { a: [1, null] });
});

t.test('a text that is not JSON is a malformed event', async (t) => {
  for (const text of ['', '{', '{"type":"connect"', 'undefined', "{'a':1}", '{}{}', '\u0000']) {
    t.throws(() => parseJsonText(text), MalformedEventError);
  }
});
