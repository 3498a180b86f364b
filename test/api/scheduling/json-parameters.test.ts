// docs/contracts/jitsi-admin.md 2: JSON is the last source of parameters.
import t from 'tap';
import { jsonParameters } from '../../../src/api/scheduling/json-parameters.ts';

const rows: readonly (readonly [json: string, parameters: Record<string, string | null>])[] = [
  ['', {}],
  ['{', {}],
  ['[]', {}],
  ['null', {}],
  ['"a=1"', {}],
  ['{}', {}],
  ['{"a":"1","b":2,"c":true,"d":false,"e":null}', { a: '1', b: '2', c: 'true', d: 'false' }],
  ['{"a":45.0,"b":1.5,"c":-3,"d":1e2}', { a: '45', b: '1.5', c: '-3', d: '100' }],
  ['{"a":[],"b":{},"c":["x"]}', { a: null, b: null, c: null }],
  ['{"a":1,"a":2}', { a: '2' }],
  ['{"a":"\\ud800","b":"\\u0000"}', { a: '\ufffd', b: '\0' }],
  ['\ufeff{"a":"1"}', { a: '1' }],
  ['{"a":"\u00e4"}', { a: 'ä' }],
  ['{"__proto__":"1","a.b":"2"}', { ['__proto__']: '1', 'a.b': '2' }],
];

t.test('members of an object are parameters', async (t) => {
  for (const [json, parameters] of rows) {
    t.strictSame(Object.fromEntries(jsonParameters(Buffer.from(json))), parameters, json);
  }
});

t.test('hostile JSON has no parameters', async (t) => {
  t.equal(jsonParameters(Buffer.from('['.repeat(1_000_000))).size, 0);
  t.equal(jsonParameters(Buffer.from(`{"a":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}}`)).size, 0);
  t.equal(jsonParameters(Buffer.from(`{"a":1,"b":[${'1,'.repeat(100_000)}1]}`)).size, 0);
});
