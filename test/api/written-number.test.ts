import t from 'tap';
import { integerOf, printed, readNumber, WrittenNumber } from '../../src/api/written-number.ts';

const read = (source: string) => readNumber(Number(source), source);

t.test('numbers that a double holds exactly stay numbers', async (t) => {
  for (const source of ['0', '5', '-25', '1.5', '-0.25', '9007199254740991', '1.50', '5e-1']) {
    t.equal(read(source), Number(source), source);
  }
});

t.test('other numbers are kept as written, in shortest form', async (t) => {
  const forms = {
    '60.0': '60.0',
    '60.00': '60.0',
    '6e1': '60.0',
    '-0.0': '-0.0',
    '1e25': '1e+25',
    '1e400': '1e400',
    '9007199254740993': '9007199254740993',
    '-12345678901234567890': '-12345678901234567890',
  };
  for (const [source, text] of Object.entries(forms)) {
    const number = read(source);
    t.ok(number instanceof WrittenNumber, source);
    t.equal(String(number), text);
    t.equal(printed(number), text);
    t.equal(printed([number]), `[${text}]`);
  }
});

t.test('integers are recognised', async (t) => {
  t.equal(integerOf(read('5'), 5), 5);
  t.equal(integerOf(read('4'), 5), undefined);
  t.equal(integerOf(read('60.0'), 1), undefined, 'a float is none');
  t.equal(integerOf(read('1.5'), 1), undefined);
  t.equal(integerOf(read('9007199254740993'), 1), 9007199254740992, 'large ones lose digits');
  t.equal(integerOf(read('-12345678901234567890'), 0), undefined);
  t.equal(integerOf(read(`1${'0'.repeat(400)}`), 0), undefined, 'but are not taken beyond all doubles');
  for (const value of ['5', true, null, undefined, [5], {}]) t.equal(integerOf(value, 0), undefined);
});

t.test('numbers are printed as the reference does', async (t) => {
  t.equal(printed('raw "text"'), 'raw "text"');
  t.equal(printed(undefined), 'undefined');
  t.equal(printed('x'.repeat(1001)), `${'x'.repeat(1000)}…`, 'long ones are cut');
  t.equal(printed(''), '');
  t.equal(printed(-25), '-25');
  t.equal(printed(false), 'false');
  t.equal(printed({ a: [1, null, 'b'] }), '{"a":[1,null,"b"]}');
});
