import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import t from 'tap';
import { discardBody, FrameworkError } from '../../src/api/framework-error.ts';

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
