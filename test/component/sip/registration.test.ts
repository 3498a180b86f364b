import t from 'tap';
import { accountOf } from '../../../src/component/sip/account.ts';
import { SipError } from '../../../src/component/sip/sip-error.ts';
import { failureOf, openRegistration, refused, registered, sequence } from './open-registration.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { digestFields, grant, openScriptedRegistrar } from './scripted-registrar.ts';

t.test('an account is registered with its password, refreshed after 45 s, and unregistered at the end', async (t) => {
  const { peer } = await openScriptedRegistrar(t);
  const { clock, transport, registration } = await openRegistration(t, peer);
  t.equal(registration.state, 'registering');
  await registered(registration);
  t.equal(registration.state, 'registered');
  const [first, second] = [await peer.next('REGISTER'), await peer.next('REGISTER')];
  const { uri, headers } = second.request;
  t.equal(uri, 'sip:example.org');
  t.equal(headers.get('to'), '<sip:1001@example.org>');
  t.match(headers.get('from'), '<sip:1001@example.org>;tag=');
  t.match(headers.get('contact'), `<sip:1001@127.0.0.1:${transport.port};line=`);
  t.equal(headers.get('expires'), '300');
  t.match([sequence(first), sequence(second)], [1, 2]);

  await clock.whenPending(1);
  clock.advance(45_000);
  const refresh = await peer.next('REGISTER');
  t.equal(sequence(refresh), 3);
  t.equal(refresh.request.headers.get('call-id'), headers.get('call-id'));
  t.equal(
    digestFields(refresh.request.headers.get('authorization')).get('nc'),
    '00000002',
    'without another challenge',
  );

  const closing = registration.close();
  const last = await peer.next('REGISTER');
  t.equal(last.request.headers.get('expires'), '0');
  t.equal(last.request.headers.get('contact'), headers.get('contact'));
  await closing;
  await registration.close();
  t.equal(registration.state, 'closed');
});

t.test('it is refreshed after half of the time that its own Contact was granted', async (t) => {
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => {
    const own = given.request.headers.get('contact');
    const contact = `<sip:1001@192.0.2.9:5060>;expires=4, ${own};expires=20`;
    peer.respond(given, 200, {
      headers: [
        ['contact', contact],
        ['expires', '3600'],
      ],
    });
  });
  const { clock, registration } = await openRegistration(t, peer);
  await registered(registration);
  await peer.next();
  await clock.whenPending(1);
  clock.advance(9999);
  t.equal(clock.pending, 1);
  clock.advance(1);
  t.equal(sequence(await peer.next()), 2);
  await registration.close();
});

t.test('without its Contact in the response, the time is that of Expires, or what was asked for', async (t) => {
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => peer.respond(given, 200, { headers: sequence(given) === 1 ? [['expires', '10']] : [] }));
  const { clock, registration } = await openRegistration(t, peer);
  await registered(registration);
  await peer.next();
  await clock.whenPending(1);
  clock.advance(5000);
  await peer.next();
  await clock.whenPending(1);
  clock.advance(45_000);
  await peer.next();
  await registration.close();
});

t.test('a registrar that wants longer times gets them', async (t) => {
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => {
    if (given.request.headers.get('expires') === '300') peer.respond(given, 423, { headers: [['min-expires', '900']] });
    else grant(peer, given, 900);
  });
  const { clock, registration } = await openRegistration(t, peer);
  await registered(registration);
  await peer.next();
  t.equal((await peer.next()).request.headers.get('expires'), '900');
  await clock.whenPending(1);
  clock.advance(45_000);
  t.equal((await peer.next()).request.headers.get('expires'), '900', 'it is asked for at once later');
  await registration.close();
});

t.test('a wrong password is refused after two fresh nonces', async (t) => {
  const registrar = await openScriptedRegistrar(t);
  registrar.password = 'other';
  const { clock, registration } = await openRegistration(t, registrar.peer);
  t.match(await refused(registration), { code: 'unauthorized', status: 401 });
  t.equal(registrar.peer.requests.length, 3);
  t.equal(registration.state, 'failed');
  t.equal(registration.lastError, 'unauthorized');
  await registration.close();
  clock.advance(100_000);
  t.equal(registrar.peer.requests.length, 3, 'nothing is repeated');
});

t.test('403 is a refusal of the credentials', async (t) => {
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => peer.respond(given, 403));
  const { registration } = await openRegistration(t, peer);
  t.match(await refused(registration), { code: 'unauthorized', status: 403 });
  await registration.close();
});

t.test('without a first success it is repeated after 5, 10 and 20 s, and refused after 32 s', async (t) => {
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => peer.respond(given, 500));
  const { clock, registration } = await openRegistration(t, peer);
  for (const wait of [5000, 10_000]) {
    t.match(await failureOf(registration), { code: 'rejected', status: 500 });
    await clock.whenPending(2);
    clock.advance(wait);
  }
  await failureOf(registration);
  await clock.whenPending(2);
  const end = refused(registration);
  clock.advance(17_000);
  t.match(await end, { code: 'timeout' });
  t.equal(peer.requests.length, 3);
  await registration.close();
  t.equal(clock.pending, 0);
});

t.test('a registrar that is silent or has no address is waited for 32 s', async (t) => {
  const silent = await ScriptedPeer.open(t);
  const one = await openRegistration(t, silent);
  await silent.next('REGISTER');
  const end = refused(one.registration);
  one.clock.advance(31_999);
  t.equal(one.registration.state, 'registering');
  one.clock.advance(1);
  t.match(await end, { code: 'timeout' });

  const other = await openRegistration(t, silent, async () => {
    throw new SipError('unresolved');
  });
  t.match(await failureOf(other.registration), { code: 'unresolved' });
  t.equal(other.registration.lastError, 'unresolved');
  await other.registration.close();
  t.equal(other.clock.pending, 0);
});

t.test('when the first server of a registrar is dead, another one is asked in time', async (t) => {
  const dead = await ScriptedPeer.open(t);
  const { peer } = await openScriptedRegistrar(t);
  const { clock, registration } = await openRegistration(t, peer, async () => [dead.hop(), peer.hop()]);
  await dead.next('REGISTER');
  const done = registered(registration);
  clock.advance(5000);
  await done;
  const count = dead.requests.length;
  await registration.close();
  t.equal(dead.requests.length, count, 'and is asked first from then on');
});

t.test('after a first success it is repeated for ever, and a registrar that returns is told of', async (t) => {
  const registrar = await openScriptedRegistrar(t);
  const { clock, registration } = await openRegistration(t, registrar.peer);
  await registered(registration);
  let refusals = 0;
  registration.observer.on('refused', () => {
    refusals += 1;
  });
  registrar.password = 'changed';
  await clock.whenPending(1);
  clock.advance(45_000);
  for (const wait of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    t.match(await failureOf(registration), { code: 'unauthorized' });
    t.equal(registration.state, 'failed');
    await clock.whenPending(1);
    clock.advance(wait);
  }
  await failureOf(registration);
  registrar.password = 'secret';
  await clock.whenPending(1);
  const back = registered(registration);
  clock.advance(60_000);
  await back;
  t.equal(registration.state, 'registered');
  t.equal(registration.lastError, undefined);
  t.equal(refusals, 0);
  await registration.close();
});

t.test('a registrar that asks to be left alone is left alone', async (t) => {
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => peer.respond(given, 503, { headers: [['retry-after', '20 (maintenance)']] }));
  const { clock, registration } = await openRegistration(t, peer);
  await failureOf(registration);
  await clock.whenPending(2);
  clock.advance(19_999);
  t.equal(clock.pending, 2);
  const again = failureOf(registration);
  clock.advance(1);
  await again;
  t.equal(peer.requests.length, 2);
  await registration.close();
});

t.test('closing waits 2 s for a registrar that is gone, and not at all for one that never knew it', async (t) => {
  const registrar = await openScriptedRegistrar(t);
  const { clock, registration } = await openRegistration(t, registrar.peer);
  await registered(registration);
  registrar.answer = () => undefined;
  const closing = registration.close();
  while ((await registrar.peer.next()).request.headers.get('expires') !== '0');
  clock.advance(2000);
  await closing;
  t.equal(clock.pending, 0);

  const silent = await ScriptedPeer.open(t);
  const other = await openRegistration(t, silent);
  await silent.next('REGISTER');
  await other.registration.close();
  t.equal(other.clock.pending, 0);
});

t.test('a refresh that is under way is waited for before it is unregistered', async (t) => {
  const registrar = await openScriptedRegistrar(t);
  const { peer } = registrar;
  const { clock, registration } = await openRegistration(t, peer);
  await registered(registration);
  await peer.next();
  await peer.next();
  registrar.answer = () => undefined;
  await clock.whenPending(1);
  clock.advance(45_000);
  const refresh = await peer.next();
  const closing = registration.close();
  registrar.answer = (given) => grant(peer, given, 0);
  grant(peer, refresh);
  t.equal((await peer.next()).request.headers.get('expires'), '0');
  await closing;
});

t.test('when DNS fails, the registrar that has the binding is asked', async (t) => {
  const { peer } = await openScriptedRegistrar(t);
  let fails = false;
  const { clock, registration } = await openRegistration(t, peer, async () => {
    if (fails) throw new SipError('unresolved');
    return [peer.hop()];
  });
  await registered(registration);
  const [first, second] = [await peer.next(), await peer.next()];
  fails = true;
  await clock.whenPending(1);
  clock.advance(45_000);
  t.equal(sequence(await peer.next()), 3);
  t.strictSame([sequence(first), sequence(second)], [1, 2]);
  await registration.close();
  t.equal((await peer.next()).request.headers.get('expires'), '0');
  t.equal(registration.lastError, undefined);
});

t.test('many accounts are registered without a warning of the process', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const { peer } = await openScriptedRegistrar(t);
  const { line, registration } = await openRegistration(t, peer);
  const account = accountOf({ address: 'example.org', username: '1002', password: 'secret' });
  const all = [registration, ...Array.from({ length: 20 }, () => line.register(account))];
  await Promise.all(all.map(registered));
  await Promise.all(all.map((each) => each.close()));
  t.strictSame(warnings, []);
});
