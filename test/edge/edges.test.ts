// Viewers of HLS are served by processes beside the server, which nobody can tell from the server itself.
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/clock/clock.ts';
import type { HlsContent } from '../../src/component/hls/hls-content.ts';
import type { StreamUpdate } from '../../src/component/hls/stream-update.ts';
import { Edges } from '../../src/edge/edges.ts';
import { eventually } from '../eventually.ts';
import { allGone } from '../running-process.ts';
import { type EdgeReply, RunningEdges } from './running-edges.ts';

const media = 'g2QABXZpZGVv';
const playlist = `/hls/live/${media}.m3u8`;

/** Without what differs from request to request. */
function comparable({ status, headers, body }: EdgeReply) {
  const { date, connection, 'keep-alive': alive, 'x-request-id': id, ...same } = headers;
  return { status, headers: same, body };
}

/** A connection that speaks for itself. */
class RawViewer {
  readonly socket: Socket;
  received = '';

  constructor(t: Test, port: number) {
    this.socket = connect(port, '127.0.0.1').on('error', () => undefined);
    this.socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1');
    });
    t.teardown(() => this.socket.destroy());
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  /** Waits until a text has been received so many times. */
  async gets(text: string, times = 1): Promise<string> {
    await eventually(`${text} is received`, () => this.received.split(text).length > times);
    return this.received;
  }
}

const get = (path: string, ...lines: string[]) =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a', ...lines].join('\r\n')}\r\n\r\n`;

t.test('edges reply as the server does', async (t) => {
  const edge = await RunningEdges.start(t, {}, { count: 2 });
  const viewer = edge.viewer(t);
  const segment = `/hls/live/muxed_segment_0_${media}`;
  const gzip = { 'accept-encoding': 'gzip' };
  const rows: [path: string, servedBy: 'edge' | 'server', headers?: Record<string, string>, method?: string][] = [
    ['/hls/live/index.m3u8', 'edge'],
    ['/hls/live/index.m3u8', 'edge', gzip],
    ['/hls/live/index.m3u8', 'edge', {}, 'HEAD'],
    [playlist, 'edge', { range: 'bytes=0-1', origin: 'https://a.example', accept: 'text/html' }],
    [`${playlist}?_HLS_msn=0&_HLS_part=1`, 'edge', gzip],
    [`${playlist}?token=a.b&_HLS_msn=0`, 'edge'],
    [`${playlist}?_HLS_msn=0&_HLS_part=0&_HLS_skip=YES`, 'edge'],
    [`${playlist}?_HLS_skip=YES`, 'edge'],
    [`${playlist}?_HLS_msn=9&_HLS_part=0`, 'edge'],
    [`${segment}.m4s`, 'edge'],
    [`${segment}.m4s`, 'edge', gzip],
    [`${segment}_1_part.m4s`, 'edge'],
    [`${segment}_1_part.m4s`, 'edge', {}, 'HEAD'],
    [`/hls/live/muxed_header_${media}_part_0.mp4`, 'edge'],
    // What an edge does not have, or does not understand.
    [`${segment}_9_part.m4s`, 'server'],
    ['/hls/live/none.m4s', 'server'],
    ['/hls/live/..%2Fx.m3u8', 'server'],
    ['/hls/live/index.m3u8/', 'server'],
    ['//hls//live/index.m3u8', 'server'],
    ['/hls/none/index.m3u8', 'server'],
    [`${playlist}?_HLS_part=1`, 'server'],
    [`${playlist}?_HLS_msn=x&_HLS_part=1`, 'server'],
    [`${playlist}?_HLS_msn=9&_HLS_msn=0&_HLS_part=1`, 'server'],
    [`${playlist}?_HLS_msn=0=1`, 'server'],
    [`${playlist}?x=%ff`, 'server'],
    ['/hls/live/index.m3u8', 'server', {}, 'DELETE'],
    ['/hls/live/index.m3u8', 'server', { 'access-control-request-method': 'GET' }, 'OPTIONS'],
    ['/none', 'server'],
    ['/room', 'server', { authorization: 'Bearer development' }],
    ['/room', 'server'],
  ];
  await edge.ask(playlist, viewer);
  for (const [path, servedBy, headers, method] of rows) {
    const { server } = edge.counted;
    const expected = await edge.ask(path, false, headers, method);
    const own = server.requests;
    const reply = await edge.ask(path, viewer, headers, method);
    const what = `${method ?? 'GET'} ${path} ${JSON.stringify(headers ?? {})}`;
    t.strictSame(comparable(reply), comparable(expected), what);
    t.equal(server.requests > own ? 'server' : 'edge', servedBy, `${what}: by whom`);
    t.equal(reply.headers['keep-alive'], 'timeout=72');
    t.match(reply.headers['x-request-id'], /^[\da-f-]{36}$/);
  }
  const id = 'x'.repeat(20);
  const packed = await edge.ask(playlist, viewer, { ...gzip, 'x-request-id': id });
  t.equal(packed.headers['x-request-id'], id);
  t.match(gunzipSync(Buffer.from(packed.body, 'latin1')).toString(), /^#EXTM3U/);
  t.equal(edge.edges.viewers, 1, 'all of it on one connection');
});

t.test('viewers wait at the edge, and bytes are counted there', async (t) => {
  const edge = await RunningEdges.start(t);
  const viewers = [edge.viewer(t), edge.viewer(t)] as const;
  for (const viewer of viewers) await edge.ask(playlist, viewer);
  await eventually('what was done so far is counted', () => edge.counted.edges.received > 0);
  const before = structuredClone(edge.counted);
  const next = `${playlist}?_HLS_msn=1&_HLS_part=0`;
  const part = `/hls/live/muxed_segment_1_${media}_0_part.m4s`;
  const replies = Promise.all([edge.ask(next, viewers[0]), edge.ask(part, viewers[1])]);
  t.strictSame((await edge.ask(playlist, edge.viewer(t))).status, 200, 'a third one is served meanwhile');
  edge.running.feed(8);
  const [text, bytes] = await replies;
  t.match(text.body, `muxed_segment_1_${media}_0_part.m4s`);
  t.equal(text.headers['cache-control'], 'public, max-age=6');
  const { server } = edge.counted;
  t.same(server, before.server, 'by the edge');
  await eventually('the edge has told', () => edge.counted.edges.sent > before.edges.sent + bytes.body.length);
  await edge.ask(next, false);
  await edge.ask(part, false);
  await edge.ask(playlist, false);
  await eventually('the server counts its own', () => server.sent > before.server.sent + bytes.body.length);
  const added = (now: { received: number; sent: number }, then: typeof now) => [
    now.received - then.received,
    now.sent - then.sent,
  ];
  await eventually('both count the same', () => {
    const [ours, theirs] = [added(server, before.server), added(edge.counted.edges, before.edges)];
    // `Connection: close` and `Connection: keep-alive` of three requests; the playlist has a part more now.
    return (theirs[0] ?? 0) - (ours[0] ?? 0) === 3 * 5 && Math.abs((theirs[1] ?? 0) - (ours[1] ?? 0)) < 200;
  });
});

t.test('a connection may become anything', async (t) => {
  const edge = await RunningEdges.start(t, {
    peerSockets: (socket, request) => {
      socket.on('message', (text) => socket.send(`${text} from ${request.socket.remoteAddress}`));
    },
  });
  await t.test('a websocket', async (t) => {
    const viewer = new RawViewer(t, edge.api.port).send(get(playlist));
    await viewer.gets('PRELOAD-HINT');
    const socket = new WebSocket(`ws://127.0.0.1:${edge.api.port}/socket/peer/websocket`, {
      createConnection: () => viewer.socket.removeAllListeners('data'),
    });
    await once(socket, 'open');
    socket.send('hello');
    t.equal(String((await once(socket, 'message'))[0]), 'hello from 127.0.0.1');
    socket.close();
    await once(socket, 'close');
  });
  await t.test('a request with a long body', async (t) => {
    const viewer = new RawViewer(t, edge.api.port).send(get(playlist));
    await viewer.gets('PRELOAD-HINT');
    const head = 'POST /room HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer development\r\n';
    const body = JSON.stringify({ roomId: 'long', padding: 'x'.repeat(3_000_000) });
    viewer.send(`${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await viewer.gets('201 Created');
    t.ok(edge.api.rooms.find('long'));
    viewer.send(`${head}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
    await viewer.gets('201 Created', 2);
    viewer.send(get(playlist));
    await viewer.gets('PRELOAD-HINT', 2);
  });
  await t.test('several requests at once, and one in pieces', async (t) => {
    const viewer = new RawViewer(t, edge.api.port).send(get(playlist) + get('/none') + get(playlist));
    const received = await viewer.gets('PRELOAD-HINT', 2);
    t.strictSame(received.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'], 'in order');
    for (const piece of ['G', 'ET ', playlist, ' HTTP/1.1\r\nHost: a\r', '\n\r\n']) {
      viewer.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await viewer.gets('PRELOAD-HINT', 3);
  });
  await t.test('one that asks for something else first', async (t) => {
    const agent = edge.viewer(t);
    await edge.ask('/none', agent);
    await edge.ask(playlist, agent);
    const own = edge.counted.server.requests;
    await edge.ask(playlist, agent);
    t.equal(edge.counted.server.requests, own, 'comes to the edge, too');
  });
  await t.test('what is no request', async (t) => {
    const replies = ['GET ', get(playlist)].map(async (first) => {
      const viewer = new RawViewer(t, edge.api.port).send(first);
      if (first !== 'GET ') await viewer.gets('PRELOAD-HINT');
      const from = viewer.received.length;
      viewer.send(`/ HTTP/1.1\r\nno header\r\n\r\n`);
      await once(viewer.socket, 'close');
      return viewer.received.slice(from);
    });
    const [ours, theirs] = await Promise.all(replies);
    t.match(ours, /^HTTP\/1.1 400 Bad Request\r\n.*Client Error/s);
    t.equal(theirs, ours, 'gets the same response');
  });
  await t.test('what a body only looks like does not', async (t) => {
    const viewer = new RawViewer(t, edge.api.port);
    const hidden = get(playlist);
    viewer.send(`POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * hidden.length}\r\n\r\n`);
    viewer.send(hidden);
    await new Promise((resolve) => setImmediate(resolve));
    viewer.send(hidden);
    viewer.send(get('/none'));
    const received = await viewer.gets('404 Not Found', 2);
    t.notMatch(received, 'EXTM3U');
  });
});

t.test('an edge that dies or hangs hurts nobody else', async (t) => {
  const edge = await RunningEdges.start(t, {
    peerSockets: (socket) => socket.on('message', () => socket.send('here')),
  });
  const socket = new WebSocket(`ws://127.0.0.1:${edge.api.port}/socket/peer/websocket`);
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  const waiting = edge.viewer(t);
  await edge.ask(playlist, waiting);
  const blocked = edge.ask(`${playlist}?_HLS_msn=1&_HLS_part=0`, waiting);
  const [pid = 0] = edge.edges.pids;
  process.kill(pid, 'SIGKILL');
  await t.rejects(blocked, { code: 'ECONNRESET' }, 'the viewer has to connect again');
  await eventually('the server knows', () => edge.edges.serving === 0 || edge.edges.restarts > 0);
  t.equal((await edge.ask(playlist, edge.viewer(t))).status, 200, 'and is served by the server meanwhile');
  socket.send('?');
  t.equal(String((await once(socket, 'message'))[0]), 'here');
  await eventually('there is another one', () => edge.edges.serving === 1 && edge.edges.restarts === 1);

  edge.running.feed(8);
  const own = edge.counted.server.requests;
  t.match((await edge.ask(`${playlist}?_HLS_msn=1&_HLS_part=0`, edge.viewer(t))).body, '_1_g2QABXZpZGVv_0_part');
  t.equal(edge.counted.server.requests, own, 'which has everything');

  const [other = 0] = edge.edges.pids;
  process.kill(other, 'SIGSTOP');
  t.teardown(() => process.kill(other, 'SIGCONT'));
  const [taken, ...given] = [edge.viewer(t), edge.viewer(t), edge.viewer(t)].map((agent) => edge.ask(playlist, agent));
  for (const reply of await Promise.all(given)) t.equal(reply.status, 200, 'those that it has not got yet come back');
  t.equal((await edge.ask(playlist, edge.viewer(t))).status, 200);
  process.kill(other, 'SIGCONT');
  t.equal((await taken)?.status, 200, 'and it goes on');
});

t.test('a stream that ends is the business of the server', async (t) => {
  const edge = await RunningEdges.start(t);
  const viewer = edge.viewer(t);
  await edge.ask(playlist, viewer);
  const blocked = edge.ask(`${playlist}?_HLS_msn=1&_HLS_part=0`, viewer);
  await edge.ask(playlist, edge.viewer(t));
  edge.running.stream.withdraw();
  const asked = edge.counted.server.requests;
  await eventually('new viewers are not served by the edge', async () => {
    await edge.ask(playlist, edge.viewer(t));
    return edge.counted.server.requests > asked;
  });
  await edge.running.end();
  t.match((await blocked).body, 'EXT-X-ENDLIST', 'nobody waits any longer');
  const own = edge.counted.server.requests;
  t.match((await edge.ask(playlist, viewer)).body, 'EXT-X-ENDLIST');
  t.equal(edge.counted.server.requests, own + 1);
  const { pids } = edge.edges;
  await edge.edges.close();
  await allGone(pids);
  t.equal((await edge.ask(playlist, edge.viewer(t))).status, 200, 'also without edges');
});

t.test('an edge that begins gets the streams one after the other, however many there are', async (t) => {
  const options = { count: 1, settings: {}, maxMemory: 0, clock: systemClock, onTraffic: () => undefined };
  const edges = new Edges({ ...options, logger: pino({ level: 'silent' }) });
  t.teardown(() => edges.close());
  const progress = { lowLatency: true, targetDuration: 2, playable: true, ended: false, segment: 1, parts: 1 };
  const update = (length: number): StreamUpdate => ({
    changes: [{ type: 'fragment', segment: 1, bytes: Buffer.alloc(length) }],
    playlists: {},
    progress,
  });
  const copied = { observer: new EventEmitter(), snapshot: () => update(24_000_000) };
  for (const roomId of ['a', 'b', 'c']) edges.watch(roomId, { copied } as unknown as HlsContent);
  await eventually('the edge serves', () => {
    copied.observer.emit('update', update(1000));
    return edges.serving === 1;
  });
  t.equal(edges.restarts, 0, 'it never has too much to read');
});
