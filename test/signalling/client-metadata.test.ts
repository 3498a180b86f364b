import t from 'tap';
import { clientMetadata } from '../../src/signalling/client-metadata.ts';

const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
const members = (levels: number) => JSON.parse('{"a":'.repeat(levels) + 0 + '}'.repeat(levels));

t.test('any JSON is valid metadata and stays unchanged', async (t) => {
  for (const value of [null, false, 0, '', 'text', [], {}, { a: [{ b: null }] }, nested(100), members(100)]) {
    t.equal(clientMetadata.parse(value), value);
  }
});

t.test('missing metadata is refused', async (t) => {
  t.notOk(clientMetadata.safeParse(undefined).success);
});

t.test('metadata that nests too deeply is refused', async (t) => {
  for (const value of [nested(101), members(101), { a: [nested(99), nested(100)] }, nested(100_000)]) {
    t.notOk(clientMetadata.safeParse(value).success);
  }
});

t.test('metadata may have members such as __proto__', async (t) => {
  const value = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}');
  t.equal(JSON.stringify(clientMetadata.parse(value)), '{"__proto__":{"polluted":true},"constructor":1}');
  t.notOk('polluted' in {});
});
