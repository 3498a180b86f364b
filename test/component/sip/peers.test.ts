import t from 'tap';
import { PortBlock } from '../../port-block.ts';
import { dropOuts, part, toneLevel } from '../../tone.ts';
import { Baresip } from './baresip.ts';
import { Kamailio } from './kamailio.ts';
import { lacking } from './peer-process.ts';
import { Sipp, scenario } from './sipp.ts';

const skip = await lacking('kamailio', 'baresip', 'openssl');

t.test('two telephones hear each other through the registrar of the tests', { skip }, async (t) => {
  const { min } = await PortBlock.claim(t);
  const kamailio = await Kamailio.start(t, { port: min, accounts: { '1001': 'first', '1002': 'second' } });
  const registrar = kamailio.address;
  const first = { user: '1001', password: 'first', registrar, port: min + 100 };
  const called = await Baresip.start(t, { ...first, encryption: 'srtp' });
  for (const [call, transport] of (['udp', 'tcp', 'tls'] as const).entries()) {
    const secure = transport === 'tls';
    const caller = await Baresip.start(t, {
      ...{ user: '1002', password: 'second', port: min + 150, tone: 440, transport },
      registrar: secure ? `127.0.0.1:${kamailio.tlsPort}` : registrar,
      codecs: secure ? ['opus/48000/2'] : ['PCMA/8000/1'],
      ...(secure && { encryption: 'srtp-mand' }),
    });
    await caller.dial('1001');
    await called.sees('CALL_ESTABLISHED', call + 1);
    await caller.press('5#');
    await called.sees('CALL_DTMF_START', 2 * (call + 1));
    t.equal(called.pressed, '5#'.repeat(call + 1), transport);
    await called.hearsFor(600);
    await (call === 0 ? called : caller).hangUp();
    await caller.sees('CALL_CLOSED');
    const { heard, said } = await called.recorded(call + 1);
    t.ok(toneLevel(heard, 440) > 0.3, transport);
    t.ok(toneLevel(heard, 700) < 0.01, transport);
    t.ok(toneLevel(said, 700) > 0.3, transport);
    t.equal(dropOuts(part(heard, 200)), 0, transport);
    await caller.kill();
  }
});

t.test('a telephone calls a scenario of sipp', { skip: skip || (await lacking('sipp')) }, async (t) => {
  const { min } = await PortBlock.claim(t);
  await Kamailio.start(t, { port: min, accounts: { '1001': 'first' } });
  const phone = await Baresip.start(t, {
    ...{ user: '1001', password: 'first', port: min + 100 },
    registrar: `127.0.0.1:${min}`,
  });
  const { receive, respond, described } = scenario;
  const steps = [
    receive('INVITE'),
    respond('180 Ringing', { tag: 'one' }),
    respond('200 OK', { tag: 'one', more: described(min + 3) }, 'retrans="500"'),
    receive('ACK'),
    receive('BYE'),
    respond('200 OK'),
  ];
  const sipp = await Sipp.start(t, { port: min + 2, steps });
  await phone.dial(`sip:phone@127.0.0.1:${min + 2}`);
  await phone.sees('CALL_ESTABLISHED');
  await phone.hangUp();
  t.same(await sipp.ended, { code: 0, errors: '' });
});
