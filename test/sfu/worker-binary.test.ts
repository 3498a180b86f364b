import t from 'tap';
import { workerBinary } from '../../src/sfu/worker-binary.ts';

t.test('MEDIASOUP_WORKER_BIN sets the path of the worker', async (t) => {
  t.equal(workerBinary({ MEDIASOUP_WORKER_BIN: process.execPath }), process.execPath);
});

t.test('without a worker the error says where it should be and who builds it', async (t) => {
  const expected = /The mediasoup worker is missing: \/nowhere\/.*\/mediasoup-worker\. `npm start` builds it/;
  t.throws(() => workerBinary({ XDG_CACHE_HOME: '/nowhere' }), { message: expected });
  t.throws(() => workerBinary({ MEDIASOUP_WORKER_BIN: '/nowhere/mediasoup-worker' }), {
    message: /missing: \/nowhere\/mediasoup-worker/,
  });
});
