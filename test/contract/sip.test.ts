// docs/contracts/fishjam-rest.md 7.
import t from 'tap';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi } from '../api/running-api.ts';

const kinds = componentDoubles();
const sip = kinds.get('sip');
const api = await RunningApi.start({ components: componentsOf(kinds) });
t.teardown(() => api.close());

const roomId = await api.createRoom();
const add = async (type: string) =>
  (await api.ask('POST', `/room/${roomId}/component`, { body: { type } })).json.data.id;
const phone = await add('sip');
const other = await add('file');
const refused = (status: number, errors: string) => ({ status, json: { errors } });

t.test('a call is started on SIP components only', async (t) => {
  const dial = (room: string, component: string, body?: unknown) =>
    api.ask('POST', `/sip/${room}/${component}/call`, { body });
  const response = await dial(roomId, phone, { phoneNumber: '+48 123-456' });
  t.equal(response.status, 201);
  t.equal(response.text, 'Successfully schedule calling phone_number: +48 123-456');
  t.notOk('content-type' in response.headers, 'plain text without a content type');
  t.same(sip?.calls.at(-1), ['dial', phone, '+48 123-456']);
  t.equal((await dial(roomId, phone, { phoneNumber: 'ä' })).text, 'Successfully schedule calling phone_number: ä');
  for (const body of [undefined, {}, { phoneNumber: 5 }, { phoneNumber: null }]) {
    t.match(await dial('none', 'none', body), refused(400, 'Invalid request body structure'), JSON.stringify(body));
  }
  t.match(await dial('none', 'none', { phoneNumber: '1' }), refused(404, 'Room none does not exist'));
  t.match(
    await dial(roomId, 'none', { phoneNumber: '1' }),
    refused(400, 'Component none does not exist'),
    '400, not 404',
  );
  t.match(await dial(roomId, other, { phoneNumber: '1' }), refused(400, `Component ${other} is not a SIP component`));
});

t.test('a call is ended on SIP components only', async (t) => {
  const hangUp = (room: string, component: string) => api.ask('DELETE', `/sip/${room}/${component}/call`);
  t.match(await hangUp(roomId, phone), { status: 204, text: '' });
  t.same(sip?.calls.at(-1), ['hangUp', phone]);
  t.match(await hangUp('none', phone), refused(404, 'Room none does not exist'));
  t.match(await hangUp(roomId, 'none'), refused(400, 'Component none does not exist'), '400, not 404');
  t.match(await hangUp(roomId, other), refused(400, `Component ${other} is not SIP component`), 'without "a"');
});
