import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import t from 'tap';
import { discardBody, FrameworkError } from '../../src/api/framework-error.ts';
import { Component } from '../../src/room/component.ts';
import { RunningApi } from './running-api.ts';

t.test('each status has its reason phrase', async (t) => {
  const phrases = {
    400: 'Bad Request',
    404: 'Not Found',
    406: 'Not Acceptable',
    413: 'Request Entity Too Large',
    415: 'Unsupported Media Type',
    500: 'Internal Server Error',
  } as const;
  for (const [status, phrase] of Object.entries(phrases)) {
    t.equal(new FrameworkError(Number(status) as keyof typeof phrases).message, phrase);
  }
});

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
  const answer = await api.ask('GET', `/room/${id}`);
  t.equal(answer.status, 500);
  t.equal(answer.text, '{"errors":{"detail":"Internal Server Error"}}');
  t.match(api.errors, [{ msg: 'A request failed unexpectedly.', err: { message: 'secret detail', stack: /at / } }]);
  await api.ask('GET', '/room/none');
  t.equal(api.errors.length, 1, 'foreseen errors are not logged');
});

t.test('the rest of a refused body is discarded', async (t) => {
  const request = new IncomingMessage(new Socket());
  let done = false;
  discardBody(request, () => {
    done = true;
  });
  request.push('the rest');
  t.notOk(done);
  request.push(null);
  await new Promise((resolve) => request.once('end', resolve));
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(done);

  const aborted = new IncomingMessage(new Socket());
  const ended = new Promise<void>((resolve) => discardBody(aborted, resolve));
  aborted.destroy();
  await t.resolves(ended, 'also of a client that went away');
});
