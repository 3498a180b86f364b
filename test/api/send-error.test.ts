import t from 'tap';
import { Component } from '../../src/room/component.ts';
import { RunningApi } from './running-api.ts';

t.test('an unexpected error becomes a 500 without details', async (t) => {
  const api = await RunningApi.start();
  t.teardown(() => api.close());
  const id = await api.createRoom();
  const source = {
    properties: () => {
      throw Object.assign(new Error('secret detail'), { statusCode: 402 });
    },
    close: async () => undefined,
  };
  api.rooms.get(id).addComponent(new Component('c', 'file', source));
  const response = await api.ask('GET', `/room/${id}`);
  t.equal(response.status, 500);
  t.equal(response.text, '{"errors":{"detail":"Internal Server Error"}}');
  t.match(api.errors, [{ msg: 'A request failed unexpectedly.', err: { message: 'secret detail', stack: /at / } }]);
  await api.ask('GET', '/room/none');
  t.equal(api.errors.length, 1, 'foreseen errors are not logged');
});
