// docs/contracts/jibri.md 8.
import t from 'tap';
import { requestedGateway } from '../../src/jibri/requested-gateway.ts';
import { StartRequestBody } from '../../src/jibri/start-request.ts';
import { startBody } from './running-jibri.ts';

/** The call that SIP parameters ask for. @param name of callParams */
function requested(sipClientParams: Record<string, unknown>, name?: string) {
  const { callParams, ...rest } = startBody({ sinkType: 'gateway', sipClientParams });
  const named = { ...(callParams as object), ...(name !== undefined && { displayName: name }) };
  const body = Buffer.from(JSON.stringify({ ...rest, callParams: named }));
  return requestedGateway(StartRequestBody.parse(body));
}

t.test('a session calls its address, with or without a scheme', async (t) => {
  const cases = [
    ['1001@pbx.example', 'sip:1001@pbx.example'],
    ['sip:1001@pbx.example;transport=tcp', 'sip:1001@pbx.example;transport=tcp'],
    ['SIPS:1001@pbx.example', 'SIPS:1001@pbx.example'],
    ['Desk <sip:1001@pbx.example>', 'sip:1001@pbx.example'],
    ['', 'sip:'],
  ] as const;
  for (const [sipAddress, target] of cases) {
    t.match(requested({ sipAddress }), { kind: 'gateway', sipAddress, call: { target } }, sipAddress);
  }
  t.notOk('answerTimeout' in requested({ sipAddress: 'a@b', autoAnswerTimer: 5 }), 'the time to answer is not ours');
});

t.test('with automatic answer it calls nobody, and waits for as long as it is told', async (t) => {
  const waiting = requested({ sipAddress: 'a@b', autoAnswer: true });
  t.notOk('target' in waiting.call);
  t.equal(waiting.answerTimeout, 30_000);
  t.equal(requested({ autoAnswer: true, autoAnswerTimer: 5 }).answerTimeout, 5000);
  t.equal(requested({ autoAnswer: true, autoAnswerTimer: -1 }).answerTimeout, 0);
  t.notOk('answerTimeout' in requested({ autoAnswer: true, autoAnswerTimer: null }), 'null: for ever');
});

t.test('the name in the room is that of the call, else the user of the address, else the caller', async (t) => {
  const sip = { sipAddress: 'sip:a@b@c.example', displayName: 'Desk' };
  t.match(requested(sip, 'Room 5').call, { displayName: 'Desk', name: 'Room 5' });
  t.match(requested(sip).call, { displayName: 'Desk', name: 'a@b' });
  t.match(requested({ ...sip, sipAddress: '' }).call, { displayName: 'Desk', name: 'Desk' });
  t.notOk('name' in requested({}).call);
  const long = requested({ displayName: 'a'.repeat(300) }, `${'a'.repeat(255)}😀`).call;
  t.match(long, { displayName: 'a'.repeat(256), name: `${'a'.repeat(255)}\ufffd` });
});

t.test('a user name is who calls, and its domain the proxy, unless there is another one', async (t) => {
  const account = { userName: 'shoal@pbx.example', password: 'secret' };
  t.match(requested(account).call, {
    address: 'shoal@pbx.example',
    password: 'secret',
    proxy: 'sip:pbx.example;transport=tcp',
  });
  t.match(requested({ ...account, proxy: 'sip:edge.example;lr' }).call, { proxy: 'sip:edge.example;lr' });
  t.match(requested({ ...account, proxy: '<sip:edge.example>' }).call, { proxy: 'sip:edge.example' });
  t.match(requested({ ...account, contact: '<sip:192.0.2.1:5070>' }).call, { contact: 'sip:192.0.2.1:5070' });
  t.match(requested({ userName: 'sip:shoal@pbx.example' }).call, { address: 'shoal@pbx.example' });
});

t.test('half an account is none, and what is empty or null is absent', async (t) => {
  const { call } = requested({ userName: 'shoal@pbx.example', password: '', contact: null, proxy: '' });
  t.strictSame(Object.keys(call).sort(), ['address', 'displayName', 'proxy', 'target']);
  t.strictSame(Object.keys(requested({ password: 'secret' }).call).sort(), ['displayName', 'target']);
});
