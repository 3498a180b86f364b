// docs/contracts/jitsi-admin.md 2: bodies, as they come over HTTP/1.1 and HTTP/2.
import { EventEmitter, once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { readWholeBody } from '../../../src/api/scheduling/whole-body.ts';

/** Reads bodies of up to 10 bytes and says what they are. */
class BodyReader {
  readonly port: number;
  /** `read`: with the length of a body, `too long`, or `gone`. */
  readonly observer = new EventEmitter<{ read: [string] }>();

  private constructor(server: Server) {
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(t: Test, isHttp2: boolean): Promise<BodyReader> {
    let reader: BodyReader;
    const respond = async (request: IncomingMessage, end: (text: string) => void) => {
      const body = await readWholeBody(request, 10).catch(() => 'gone' as const);
      const said = body === undefined ? 'too long' : body === 'gone' ? body : `${body.length} bytes`;
      reader.observer.emit('read', said);
      if (body !== 'gone') end(said);
    };
    const server = isHttp2
      ? createHttp2Server((request, response) =>
          respond(request as object as IncomingMessage, (said) => response.end(said)),
        )
      : createServer((request, response) => respond(request, (said) => response.end(said)));
    t.teardown(() => server.close());
    await once((server as Server).listen(0, '127.0.0.1'), 'listening');
    reader = new BodyReader(server as Server);
    return reader;
  }
}

const maxSent = 200_000_000;

/** Writes until it is closed, or for too long. @returns the number of bytes */
async function sendWithoutEnd(target: Duplex): Promise<number> {
  const piece = Buffer.alloc(65_536);
  const closed = new Promise<void>((resolve) => target.once('close', resolve));
  target.on('error', () => undefined);
  let sent = 0;
  while (!target.destroyed && sent < maxSent) {
    sent += piece.length;
    await Promise.race([new Promise((resolve) => target.write(piece, resolve)), closed]);
  }
  return sent;
}

t.test('HTTP/1.1', async (t) => {
  const { port, observer } = await BodyReader.start(t, false);
  const ask = async (method: string, body: string | Buffer, headers = {}) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, headers, agent: false });
    request.end(body);
    const [response] = await once(request, 'response');
    return await text(response);
  };
  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'HEAD']) {
    const said = once(observer, 'read');
    await ask(method, 'a=1', { 'content-length': 3 });
    t.strictSame(await said, ['3 bytes'], method);
  }
  t.equal(await ask('POST', ''), '0 bytes');
  t.equal(await ask('POST', 'a=1', { 'transfer-encoding': 'chunked' }), '3 bytes');
  t.equal(await ask('POST', '1234567890'), '10 bytes');
  t.equal(await ask('POST', '12345678901'), 'too long');
  t.equal(await ask('POST', Buffer.alloc(4_000_000)), 'too long', 'the client is listened to until its end');

  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\na=1');
  const gone = once(observer, 'read');
  socket.end();
  t.strictSame(await gone, ['gone'], 'half a body is none');

  const endless = connect(port, '127.0.0.1');
  endless.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n');
  const given = once(observer, 'read');
  const sent = await sendWithoutEnd(endless);
  t.strictSame(await given, ['gone'], 'one that goes on and on');
  t.ok(sent < maxSent, 'is cut off');
});

t.test('HTTP/2', async (t) => {
  const { port, observer } = await BodyReader.start(t, true);
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  t.teardown(() => session.close());
  const ask = async (method: string, body: string | Buffer) => {
    const stream = session.request({ ':method': method }, { endStream: false });
    stream.end(body);
    return await text(stream);
  };
  for (const method of ['GET', 'POST', 'DELETE']) t.equal(await ask(method, 'a=1'), '3 bytes', method);
  t.equal(await ask('POST', ''), '0 bytes');
  t.equal(await ask('POST', Buffer.alloc(4_000_000)), 'too long');

  const cut = session.request({ ':method': 'POST' }, { endStream: false });
  cut.on('error', () => undefined);
  const gone = once(observer, 'read');
  cut.write('a=1', () => cut.destroy());
  t.strictSame(await gone, ['gone'], 'half a body is none');

  const endless = session.request({ ':method': 'POST' }, { endStream: false });
  const given = once(observer, 'read');
  const sent = await sendWithoutEnd(endless);
  t.strictSame(await given, ['gone'], 'one that goes on and on');
  t.ok(sent < maxSent, 'is cut off');
});
