import { once } from 'node:events';
import t from 'tap';
import type { RtspSession } from '../../../src/component/rtsp/rtsp-session.ts';
import { type CameraRequest, type CameraScript, type ScriptedCamera, usual } from './scripted-camera.ts';
import { openSession, packet } from './scripted-session.ts';

t.test('keep-alive is sent as often as the server asks and the session needs', async (t) => {
  for (const [keepAliveInterval, session, expected] of [
    [15_000, 'abc;timeout=60', 15_000],
    [15_000, 'abc;timeout=20', 9000],
    [0, 'abc', 27_000],
    [0, 'abc;timeout=0', 900],
  ] as const) {
    const { camera, clock, opening } = await openSession(t, {
      script: usual({ session, methods: expected === 27_000 ? 'OPTIONS' : 'GET_PARAMETER' }),
      options: { keepAliveInterval },
    });
    const opened = await opening;
    await opened.play();
    const keepSending = async (ms: number) => {
      for (let left = ms; left > 0; left -= 4000) {
        const received = once(opened.observer, 'rtp');
        camera.send(0, packet(96));
        await received;
        clock.advance(Math.min(left, 4000));
      }
    };
    await keepSending(expected - 1);
    t.equal(
      camera
        .methods()
        .filter((method) => method !== 'SETUP')
        .at(-1),
      'PLAY',
    );
    clock.advance(1);
    const method = expected === 27_000 ? 'OPTIONS' : 'GET_PARAMETER';
    const request = await camera.asked(method, method === 'OPTIONS' ? 2 : 1);
    t.match(request.headers, { session: 'abc' });
  }
});

t.test('a session that the server has forgotten ends when it never had media', async (t) => {
  const { camera, clock, opening } = await openSession(t, {
    script: (request, index) =>
      request.method === 'GET_PARAMETER' ? { status: '454 Session Not Found' } : usual()(request, index),
    options: { keepAliveInterval: 1000 },
  });
  const session = await opening;
  await session.play();
  const ended = session.ended();
  clock.advance(1000);
  await camera.asked('GET_PARAMETER');
  t.equal((await ended).code, 'closed');
});

t.test('a session with media goes on whatever the server says to keep-alive requests', async (t) => {
  const previous = ({ headers }: CameraRequest) => ({ CSeq: String(Number(headers.cseq) - 1) });
  const refusals: Record<string, CameraScript> = {
    'an earlier CSeq': (request) => ({ status: '400 Bad Request', headers: previous(request) }),
    '454': () => ({ status: '454 Session Not Found' }),
    'wants another password': () => ({ status: '401 Unauthorized' }),
    'no response': () => undefined,
  };
  for (const [name, refuse] of Object.entries(refusals)) {
    for (const refused of [['GET_PARAMETER'], ['GET_PARAMETER', 'OPTIONS']]) {
      const inner = usual({ session: '1;timeout=8' });
      const { camera, clock, opening } = await openSession(t, {
        script: (request, index) => (index > 0 && refused.includes(request.method) ? refuse : inner)(request, index),
      });
      const session = await opening;
      await session.play();
      for (let second = 0; second < 24; second += 1) {
        await roundTrip(camera, session);
        clock.advance(1000);
      }
      await roundTrip(camera, session);
      t.equal(session.failure, undefined, name);
      t.equal(camera.methods().filter((method) => method === 'PLAY').length, 1);
      const keepAlives = camera.methods().slice(camera.methods().indexOf('PLAY') + 1);
      t.equal(keepAlives[0], 'GET_PARAMETER');
      t.same(new Set(keepAlives.slice(1)), new Set(['OPTIONS']), `${name}: OPTIONS after it`);
      t.ok(keepAlives.length >= 6, 'within the timeout of the session');
    }
  }
});

/** Resolves when the camera has all requests of the session, and the session the responses and a packet of media. */
async function roundTrip(camera: ScriptedCamera, session: RtspSession): Promise<void> {
  const arrived = once(camera.observer, 'packet');
  session.tracks[0]?.transport.sendRtcp(Buffer.from([9]));
  await arrived;
  const received = once(session.observer, 'rtp');
  camera.send(0, packet(96));
  await received;
}
