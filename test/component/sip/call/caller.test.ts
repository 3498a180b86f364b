import t from 'tap';
import { callerOf, isAllowedCaller, partyOf } from '../../../../src/component/sip/call/caller.ts';
import { SipHeaders } from '../../../../src/component/sip/message/sip-headers.ts';

const caller = (from: string, asserted: readonly string[] = [], trusted = true) =>
  callerOf(
    new SipHeaders([['from', `${from};tag=1`], ...asserted.map((value) => ['p-asserted-identity', value] as const)]),
    trusted,
  );

t.test('who calls is From, or what the registrar asserts', async (t) => {
  t.same(caller('"Ann" <sip:%2B48123@Example.org;user=phone>'), { user: '+48123', host: 'example.org' });
  const asserted = ['<tel:+48-999>, <sip:other@example.org>'];
  t.same(caller('<sip:anonymous@anonymous.invalid>', asserted), { user: '+48999' });
  t.same(caller('<sip:ann@example.org>', asserted, false), { user: 'ann', host: 'example.org' });
  t.same(caller('<sip:ann@example.org>', ['nonsense', '<mailto:x@y>']), { user: 'ann', host: 'example.org' });
  t.equal(caller('<sip:example.org>'), undefined);
  t.equal(caller('<http://example.org>'), undefined);
});

t.test('a party is a number or an address', async (t) => {
  t.equal(partyOf({ user: '+48123', host: 'example.org' }), '+48123');
  t.equal(partyOf({ user: 'ann', host: 'example.org' }), 'ann@example.org');
  t.equal(partyOf({ user: '123' }), '123');
});

t.test('callers are allowed by number, address, host, or all of them', async (t) => {
  const ann = { user: 'ann', host: 'example.org' };
  const number = { user: '+48123', host: 'provider.example' };
  const cases: [allowed: string[], ann: boolean, number: boolean][] = [
    [[], false, false],
    [['*'], true, true],
    [['ann'], false, false],
    [['ann@example.org'], true, false],
    [['ann@EXAMPLE.ORG'], true, false],
    [['Ann@example.org'], false, false],
    [['*@example.org'], true, false],
    [['*@org', '*@', '@example.org'], false, false],
    [['+48 12-3'], false, true],
    [['48123', '123'], false, false],
    [['+48123@provider.example'], false, true],
    [['*@elsewhere.example', '+48123'], false, true],
  ];
  for (const [allowed, isAnn, isNumber] of cases) {
    t.equal(isAllowedCaller(ann, allowed), isAnn, `ann: ${allowed}`);
    t.equal(isAllowedCaller(number, allowed), isNumber, `number: ${allowed}`);
  }
  t.equal(isAllowedCaller({ user: '+48123' }, ['*@example.org']), false);
  t.equal(isAllowedCaller({ user: '(+48) 12.3' }, ['+48123']), true);
});
