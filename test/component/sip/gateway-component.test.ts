import { once } from 'node:events';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { CallEnd } from '../../../src/component/sip/call/call-state.ts';
import { CallLog } from '../../../src/component/sip/call-log.ts';
import type { GatewayCallOptions } from '../../../src/component/sip/gateway-call.ts';
import { SipError } from '../../../src/component/sip/sip-error.ts';
import { sipGateway } from '../../../src/component/sip/sip-gateway.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RoomOnWorker } from '../../sfu/room-on-worker.ts';
import { SipCallDouble, TelephonyDouble } from './telephony-double.ts';

const world = await RoomOnWorker.open();
t.teardown(() => world.close());
const account = { address: 'shoal@pbx.example:5070', password: 'secret' };
const target = 'sip:1001@pbx.example';

async function open(t: Test, options: Partial<GatewayCallOptions>) {
  const telephony = new TelephonyDouble();
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => void log.push(line) });
  const clock = new HeldClock(0);
  const calls = new CallLog(world.roomEvents, clock);
  const gateway = sipGateway({ telephony, calls, clock, logger });
  const call = await gateway.open(world.room, { displayName: 'Desk', ...options });
  const ended = once(call.observer, 'ended').then(([end]) => end as CallEnd);
  const leave = async () => {
    await world.room.endComponent(call.component);
    await call.close();
  };
  t.teardown(leave);
  return { telephony, call, ended, leave, log };
}

t.test('a call without an account is made at once, and the room hears it when it is answered', async (t) => {
  const { telephony, call, ended, leave } = await open(t, { target, name: 'Room 5' });
  t.match(world.room.components.get(call.component.id), { type: 'sip', metadata: { displayName: 'Room 5' } });
  await telephony.until(() => telephony.calls.length > 0);
  const [made] = telephony.calls;
  t.match(made?.request, { target, displayName: 'Desk' });
  t.notOk(made?.request.account);
  t.equal(telephony.registrations.length, 0);
  t.equal(call.component.tracks.size, 0);
  const answered = once(call.observer, 'answered');
  made?.answer();
  await answered;
  t.strictSame(
    [...call.component.tracks.values()].map(({ type, metadata }) => ({ type, metadata })),
    [{ type: 'audio', metadata: null }],
  );
  t.ok(made?.phone?.feed);
  const key = once(call.observer, 'dtmf');
  made?.phone?.observer.emit('dtmf', '6');
  t.strictSame(await key, ['6']);
  call.setAudible(false);
  t.equal(made?.phone?.audible, false);
  await leave();
  t.ok(made?.closed);
  t.equal(call.component.tracks.size, 0);
  t.strictSame(await ended, { reason: 'component_closed' });
});

t.test('a phone that was made inaudible before it was answered is', async (t) => {
  const { telephony, call } = await open(t, { target });
  await telephony.until(() => telephony.calls.length > 0);
  call.setAudible(false);
  const answered = once(call.observer, 'answered');
  telephony.calls[0]?.answer();
  await answered;
  t.equal(telephony.calls[0]?.phone?.audible, false);
});

t.test('with an account it calls once it is registered, through the proxy', async (t) => {
  const way = { proxy: 'sip:edge.example;transport=tcp', contact: 'sip:192.0.2.1' };
  const given = { proxy: `${way.proxy};lr`, contact: `${way.contact}?Subject=x` };
  const { telephony, ended, call, leave, log } = await open(t, { target, ...account, ...given });
  await telephony.until(() => telephony.registrations.length > 0);
  const [registration] = telephony.registrations;
  const registrar = { host: 'pbx.example', port: 5070 };
  t.match(registration?.request, { account: { username: 'shoal', registrar }, ...way });
  t.notOk(registration?.request.incoming, 'nobody else may call');
  t.equal(telephony.calls.length, 0);
  registration?.observer.emit('registered');
  t.match(telephony.calls[0]?.request, { target, account: { username: 'shoal', registrar }, ...way });
  registration?.observer.emit('registered');
  t.equal(telephony.calls.length, 1, 'once');
  const shown = JSON.stringify(call.component.source.properties());
  t.equal(shown, '{"registrarCredentials":{"address":"pbx.example:5070","username":"shoal","password":""}}');
  await leave();
  t.ok(registration?.closed);
  t.notMatch(log.join(), /secret/);
  await ended;
});

t.test('an address without a password is who calls, but is not registered', async (t) => {
  const { telephony } = await open(t, { target, address: 'shoal@pbx.example' });
  await telephony.until(() => telephony.calls.length > 0);
  t.match(telephony.calls[0]?.request.account, { username: 'shoal' });
  t.equal(telephony.registrations.length, 0);
});

t.test('without a target the first call that comes in is taken, and no other one', async (t) => {
  for (const options of [account, {}]) {
    const { telephony, call, leave } = await open(t, options);
    await telephony.until(() => telephony.registrations.length + telephony.listeners.length > 0);
    const incoming = telephony.registrations[0]?.request.incoming ?? telephony.listeners[0]?.incoming;
    t.strictSame(incoming?.allowedCallers, ['*']);
    t.equal(incoming?.busy(), false);
    const phone = new SipCallDouble('incoming', '1001@pbx.example');
    incoming?.accepted(phone);
    t.equal(incoming?.busy(), true);
    t.equal(telephony.listeners.length, 0, 'the next one is for somebody else');
    const answered = once(call.observer, 'answered');
    phone.answer();
    await answered;
    await leave();
    t.ok(phone.closed);
    t.equal(telephony.listeners.length, 0);
  }
});

t.test('without an account, the contact is who may be called', async (t) => {
  const { telephony } = await open(t, { contact: 'sip:desk@192.0.2.1' });
  await telephony.until(() => telephony.listeners.length > 0);
  t.equal(telephony.listeners[0]?.contact, 'sip:desk@192.0.2.1');
});

t.test('it ends with its call, or with a registration that is refused, and stays in the room', async (t) => {
  const busy = await open(t, { target });
  await busy.telephony.until(() => busy.telephony.calls.length > 0);
  busy.telephony.calls[0]?.end('busy', 486);
  t.strictSame(await busy.ended, { reason: 'busy', status: 486 });
  t.ok(world.room.components.has(busy.call.component.id), 'until its owner closes it');
  const refused = await open(t, { target, ...account });
  await refused.telephony.until(() => refused.telephony.registrations.length > 0);
  refused.telephony.registrations[0]?.observer.emit('refused', new SipError('unauthorized', 'no', 403));
  t.strictSame(await refused.ended, { reason: 'unauthorized', status: 403 });
});

t.test('what is no address ends it, and asks nobody', async (t) => {
  for (const options of [{ target, address: 'shoal@' }, { target, address: '@x\r\nVia: y' }, { contact: 'none' }]) {
    const { telephony, ended } = await open(t, options);
    t.strictSame(await ended, { reason: 'bad_number' });
    t.equal(telephony.registrations.length + telephony.calls.length + telephony.listeners.length, 0);
  }
});

t.test('the routes of components end the call, but do not start another one', async (t) => {
  const { telephony, ended, call } = await open(t, { target });
  await telephony.until(() => telephony.calls.length > 0);
  const { source } = call.component as { source: { dial?(number: string): void; hangUp?(): void } };
  source.dial?.('123');
  t.equal(telephony.calls.length, 1);
  source.hangUp?.();
  t.strictSame(await ended, { reason: 'user_hangup' });
});

t.test('a component that left before it began asks nobody', async (t) => {
  const { telephony, ended, leave } = await open(t, { target });
  await leave();
  t.strictSame(await ended, { reason: 'component_closed' });
  t.equal(telephony.calls.length, 0);
});
