import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { type CameraScript, opusSdp, ScriptedCamera, usual, videoSdp } from './scripted-camera.ts';
import { openSession, packet, type Setting } from './scripted-session.ts';

/** The code with which opening fails. */
async function failure(t: Test, setting: Setting): Promise<string | undefined> {
  const { opening } = await openSession(t, setting);
  return await opening.then(
    () => 'opened',
    (error) => error.code,
  );
}

t.test('a session is set up, played and torn down', async (t) => {
  const { camera, opening } = await openSession(t, {
    script: usual({ sdp: `${videoSdp}\r\n${opusSdp}` }),
    options: { overTcp: false },
  });
  const session = await opening;
  await session.play();
  t.same(camera.methods(), ['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'SETUP', 'PLAY']);
  const [, describe, udp, video, audio, play] = camera.requests;
  t.match(describe?.headers, { accept: 'application/sdp', cseq: '2' });
  t.match(udp?.headers.transport, /^RTP\/AVP;unicast;client_port=\d+-\d+$/);
  t.match(video, { url: camera.url('/live/track1'), headers: { transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' } });
  t.match(audio, {
    url: camera.url('/live/track2'),
    headers: { transport: 'RTP/AVP/TCP;unicast;interleaved=2-3', session: 'abc' },
  });
  t.match(play, { url: camera.url(), headers: { session: 'abc', range: 'npt=0.000-' } });
  const seen: string[] = [];
  session.observer.on('rtp', (track) => seen.push(track.codec));
  session.observer.on('rtcp', (track, data) => seen.push(`${track.codec} ${data.toString('hex')}`));
  camera.send(0, packet(96));
  camera.send(0, packet(99));
  camera.send(2, packet(97));
  camera.send(0, Buffer.from('rubbish'));
  camera.send(77, packet(96));
  const last = once(session.observer, 'rtcp');
  camera.send(3, Buffer.from([1, 2]));
  await last;
  t.same(seen, ['h264', 'opus', 'opus 0102']);
  const sent = once(camera.observer, 'packet');
  session.tracks[1]?.transport.sendRtcp(Buffer.from([9]));
  await sent;
  t.same(camera.packets, [{ channel: 3, data: Buffer.from([9]) }]);
  await session.close();
  t.equal(camera.requests.at(-1)?.method, 'TEARDOWN');
});

t.test('a server that gives its session no name is received', async (t) => {
  const nameless: CameraScript = (request, index) =>
    request.method === 'SETUP'
      ? { headers: { Transport: 'RTP/AVP;unicast;interleaved=0-1' } }
      : usual()(request, index);
  const { camera, opening } = await openSession(t, { script: nameless });
  const session = await opening;
  await session.play();
  t.notOk(camera.requests.at(-1)?.headers.session);
  const received = once(session.observer, 'rtp');
  camera.send(0, packet(96));
  await received;
});

t.test('UDP sessions punch a hole through NATs', async (t) => {
  const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
  for (const socket of sockets) await once(socket.bind(0, '127.0.0.1'), 'listening');
  t.teardown(() => sockets.forEach((socket) => void socket.close()));
  const [rtp, rtcp] = sockets;
  const holes = Promise.all([once(rtp, 'message'), once(rtcp, 'message')]);
  const { camera, opening } = await openSession(t, {
    script: (request, index) => {
      if (request.method !== 'SETUP') return usual()(request, index);
      const ports = `server_port=${rtp.address().port}-${rtcp.address().port}`;
      // the hole is made where the connection goes, not here
      return { headers: { Session: 'x', Transport: `RTP/AVP;unicast;${ports};source=192.0.2.1` } };
    },
    options: { overTcp: false },
  });
  const session = await opening;
  const [[empty, from], [report]] = await holes;
  t.equal(empty.length, 0);
  t.same(report, Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 7]));
  await session.play();
  const transport = (await camera.asked('SETUP')).headers.transport ?? '';
  t.match(transport, `client_port=${from.port}-`);
  const received = once(session.observer, 'rtp');
  rtp.send(packet(96), from.port, '127.0.0.1');
  await received;
});

t.test('Basic authentication is used when asked for', async (t) => {
  const inner = usual();
  const { camera, opening } = await openSession(t, {
    script: (request, index) =>
      request.headers.authorization === `Basic ${btoa('us er:pa:ss')}`
        ? inner(request, index)
        : { status: '401 Unauthorized', headers: { 'WWW-Authenticate': 'Basic realm="x"' } },
    url: (camera) => camera.url('/live', 'us%20er:pa%3Ass@'),
  });
  await opening;
  t.same(camera.methods(), ['OPTIONS', 'OPTIONS', 'DESCRIBE', 'SETUP'], 'asked once only');
  t.notOk(camera.requests.some(({ url }) => url.includes('@')));
});

t.test('Digest authentication is used, also after its nonce expired', async (t) => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  let nonce = 'one';
  const inner = usual();
  const { camera, opening } = await openSession(t, {
    script: (request, index) => {
      const { authorization = '' } = request.headers;
      const response = md5(`${md5('user:cam:secret')}:${nonce}:${md5(`${request.method}:${request.url}`)}`);
      if (authorization.includes(`response="${response}"`)) {
        if (request.method === 'DESCRIBE') nonce = 'two';
        return inner(request, index);
      }
      const stale = authorization ? ', stale=true' : '';
      const headers = { 'WWW-Authenticate': `Digest realm="cam", nonce="${nonce}"${stale}` };
      return { status: '401 Unauthorized', headers };
    },
    url: (camera) => camera.url('/live', 'user:secret@'),
  });
  await opening;
  t.same(camera.methods(), ['OPTIONS', 'OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP']);
});

t.test('a wrong password is tried once, a missing one not at all', async (t) => {
  for (const [credentials, tries] of [
    ['user:wrong@', 2],
    ['', 1],
  ] as const) {
    let nonce = 0;
    const { camera, opening } = await openSession(t, {
      script: () => {
        nonce += 1;
        return { status: '401 Unauthorized', headers: { 'WWW-Authenticate': `Digest realm="cam", nonce="${nonce}"` } };
      },
      url: (camera) => camera.url('/live', credentials),
    });
    await t.rejects(opening, { code: 'unauthorized' });
    t.equal(camera.requests.length, tries);
  }
});

t.test('a server that always says stale is given up', async (t) => {
  const headers = { 'WWW-Authenticate': 'Digest realm="cam", nonce="x", stale=true' };
  const script = () => ({ status: '401 Unauthorized', headers });
  t.equal(await failure(t, { script, url: (camera) => camera.url('/', 'a:b@') }), 'unauthorized');
});

t.test('error statuses end the attempt', async (t) => {
  const at =
    (method: string, status: string): CameraScript =>
    (request, index) =>
      request.method === method ? { status } : usual()(request, index);
  t.equal(await failure(t, { script: at('DESCRIBE', '404 Not Found') }), 'not_found');
  t.equal(await failure(t, { script: at('DESCRIBE', '500 Oops') }), 'refused');
  t.equal(await failure(t, { script: at('DESCRIBE', '100 Continue') }), 'refused');
  t.equal(await failure(t, { script: at('SETUP', '453 Not Enough Bandwidth') }), 'refused');
  t.equal(await failure(t, { script: at('SETUP', '461 Unsupported') }), 'unsupported_transport');
  t.equal(await failure(t, { script: at('OPTIONS', '501 Not Implemented') }), 'opened');
});

t.test('redirects are followed three times', async (t) => {
  const script =
    (times: number): CameraScript =>
    (request, index) => {
      const { method, url } = request;
      const depth = url.length - url.lastIndexOf('/') - 1;
      if (method !== 'DESCRIBE' || depth > times) return usual()(request, index);
      return { status: '302 Moved', headers: { Location: `${url}x` } };
    };
  t.equal(await failure(t, { script: script(2), url: (camera) => camera.url('/') }), 'opened');
  t.equal(await failure(t, { script: script(9), url: (camera) => camera.url('/') }), 'redirected');
  const lost: CameraScript = (request, index) =>
    request.method === 'DESCRIBE' ? { status: '302 Moved' } : usual()(request, index);
  t.equal(await failure(t, { script: lost }), 'redirected');
});

t.test('addresses that are not permitted are refused, also after a redirect', async (t) => {
  const guard = new AddressGuard({ deny: ['127.0.0.0/8'] });
  t.equal(await failure(t, { script: usual(), guard }), 'refused_address');
  t.equal(
    await failure(t, { script: usual(), guard, url: (camera) => `rtsp://localhost:${camera.port}/` }),
    'refused_address',
  );
  const script: CameraScript = (request, index) =>
    request.method === 'DESCRIBE'
      ? { status: '302 Moved', headers: { Location: 'rtsp://169.254.169.254/latest' } }
      : usual()(request, index);
  t.equal(await failure(t, { script }), 'refused_address');
});

t.test('a connection that cannot be made fails', async (t) => {
  const closed = await ScriptedCamera.open(t, usual());
  const url = closed.url();
  await closed.close();
  t.equal(await failure(t, { script: usual(), url: () => url }), 'connect_failed');
  t.equal(await failure(t, { script: usual(), url: () => 'rtsp://nobody.invalid/' }), 'connect_failed');
});

t.test('hostile responses end the attempt', async (t) => {
  const said =
    (text: string): CameraScript =>
    ({ socket }) => {
      socket.write(text);
      return undefined;
    };
  t.equal(await failure(t, { script: said('HTTP/1.1 400 Bad Request\r\n\r\n') }), 'invalid_response');
  t.equal(await failure(t, { script: said('\u0000'.repeat(100)) }), 'invalid_response');
  t.equal(await failure(t, { script: said(`RTSP/1.0 200 OK\r\nX: ${'x'.repeat(65_536)}`) }), 'invalid_response');
  const sdp = Array<string>(10_000).fill('m=video -1 RTP/AVP 96').join('\r\n');
  t.equal(await failure(t, { script: usual({ sdp }) }), 'no_media');
  t.equal(await failure(t, { script: usual({ sdp: 'x'.repeat(300_000) }) }), 'invalid_response');
  t.equal(await failure(t, { script: usual({ sdp: `${videoSdp.replace('track1', 'a b')}` }) }), 'invalid_response');
  t.equal(await failure(t, { script: usual({ session: 'x'.repeat(500) }) }), 'invalid_response');
  t.equal(await failure(t, { script: usual({ session: '' }) }), 'invalid_response');
  const udp: CameraScript = (request, index) =>
    request.method === 'SETUP' ? { headers: { Session: 'x', Transport: 'RTP/AVP;unicast' } } : usual()(request, index);
  t.equal(await failure(t, { script: udp }), 'unsupported_transport');
});

t.test('a server that does not respond, or byte by byte, is given up after five seconds', async (t) => {
  for (const word of ['', 'R', '$\u0000']) {
    const { camera, clock, opening } = await openSession(t, {
      script: ({ socket }) => {
        socket.write(word);
        return undefined;
      },
    });
    await camera.asked('OPTIONS');
    clock.advance(4999);
    clock.advance(1);
    await t.rejects(opening, { code: 'timeout' });
    t.equal(clock.pending, 0);
  }
});

t.test('a session without media for five seconds ends', async (t) => {
  const { camera, clock, opening } = await openSession(t, { script: usual() });
  const session = await opening;
  await session.play();
  const received = once(session.observer, 'rtp');
  clock.advance(4000);
  camera.send(0, packet(96));
  await received;
  clock.setTime(1e12);
  clock.advance(4999);
  t.equal(session.failure, undefined);
  clock.advance(1);
  t.equal(session.failure?.code, 'rtp_timeout');
  t.equal(session.received, true);
});

t.test('a cut or garbled connection ends the session', async (t) => {
  for (const [act, code] of [
    [(camera: ScriptedCamera) => void camera.hangUp(), 'closed'],
    [(camera: ScriptedCamera) => camera.sockets.forEach((socket) => void socket.write('%%%%')), 'invalid_response'],
  ] as const) {
    const { camera, opening } = await openSession(t, { script: usual() });
    const session = await opening;
    await session.play();
    const ended = session.ended();
    act(camera);
    t.equal((await ended).code, code);
    await t.rejects(session.play(), { code });
  }
});

t.test('closing waits half a second for a server that does not respond', async (t) => {
  const { camera, clock, opening } = await openSession(t, {
    script: (request, index) => (request.method === 'TEARDOWN' ? undefined : usual()(request, index)),
  });
  const session = await opening;
  await session.play();
  const closing = Promise.all([session.close(), session.close()]);
  await camera.asked('TEARDOWN');
  clock.advance(500);
  await closing;
  t.equal(clock.pending, 0);
});

t.test('a session can be closed while it connects', async (t) => {
  const abort = new AbortController();
  const { camera, opening } = await openSession(t, { script: () => undefined, options: { signal: abort.signal } });
  await camera.asked('OPTIONS');
  abort.abort();
  await t.rejects(opening, { code: 'closed' });
});

t.test('requests of the server are refused', async (t) => {
  const { camera, opening } = await openSession(t, { script: usual() });
  await (await opening).play();
  const [socket] = camera.sockets;
  const answered = once(socket ?? camera.observer, 'data');
  socket?.write('ANNOUNCE * RTSP/1.0\r\nCSeq: 7\r\n\r\n');
  t.match(String((await answered)[0]), /^RTSP\/1\.0 501 .*\r\nCSeq: 7\r\n\r\n$/);
});
