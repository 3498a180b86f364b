// docs/contracts/jitsi-admin.md 9: gateways of telephones ask where a call goes.
import jwt from 'jsonwebtoken';
import t from 'tap';
import { onBothEngines } from '../../database/engines.ts';
import { noon, RunningScheduler } from './running-scheduler.ts';

const hour = 3600;

await onBothEngines(t, 'calls of telephones', async (t, engine) => {
  const scheduler = await RunningScheduler.start(t, await engine.open());
  const map = async (query: Record<string, string>, key: string | null = 'key-one') => {
    const { status, text } = await scheduler.ask('GET', '/conferenceMapper', { query, key });
    t.equal(status, 200);
    return text;
  };
  const uid = await scheduler.create({ start: `@${noon / 1000 + hour}`, duration: 60 });
  const conferences = scheduler.database.queries.selectFrom('scheduling_conferences').select('number');
  const { number: confid } = await conferences.where('uid', '=', uid).executeTakeFirstOrThrow();
  t.match(confid, /^\d+$/);

  const notFound = '{"error":true,"reason":"ROOM_NOT_FOUND"}';
  t.equal(await map({ confid: 'none', callerid: '1' }), notFound);
  t.equal(await map({ confid: 'none', callerid: '1' }, 'wrong'), notFound, 'first of all');
  t.equal(await map({ callerid: '1' }), notFound);
  t.equal(await map({ confid: '\u0000' }), notFound);
  const denied = '{"error":true,"text":"AUTHORIZATION_FAILED"}';
  for (const key of ['wrong', 'key-three', null]) t.equal(await map({ confid, callerid: '1' }, key), denied);
  const waiting = '{"state":"WAITING","reason":"NOT_STARTED"}';
  t.equal(await map({ confid, callerid: '+49301234' }), waiting);
  t.equal(await map({ confid, callerid: '+49301234' }, 'key-one'), waiting);

  scheduler.clock.advance(hour * 1000);
  const text = await map({ confid, callerid: '+49301234' });
  const { jwt: token } = JSON.parse(text);
  const started = { state: 'STARTED', jwt: token, room_name: confid, display_name: '+49301234' };
  t.equal(text, JSON.stringify(started));
  const claims = { aud: 'jitsi_admin', iss: 'id', sub: 'meet.example.org', room: confid };
  t.match(jwt.verify(token, 'secret', { algorithms: ['HS256'] }), claims, 'a token of the conference server');
  t.equal(
    (await scheduler.ask('GET', '/conferenceMapper', { form: { confid } })).json.state,
    'STARTED',
    'without a caller',
  );

  await scheduler.ask('DELETE', '/room', { query: { uid } });
  t.equal(await map({ confid, callerid: '1' }), notFound, 'deleted');
});
