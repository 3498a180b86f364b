import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface CameraRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly socket: Socket;
}

/** The answer's start line and headers, its body, or nothing at all. */
export type Answer = { status?: string; headers?: Record<string, string>; body?: string } | undefined;
export type CameraScript = (request: CameraRequest, index: number) => Answer;

/** An RTSP server of which a test says every word: what real ones never do. */
export class ScriptedCamera {
  readonly requests: CameraRequest[] = [];
  /** Interleaved packets that came. */
  readonly packets: { channel: number; data: Buffer }[] = [];
  readonly observer = new EventEmitter<{ request: [CameraRequest]; packet: []; connection: []; gone: [] }>();
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  #script: CameraScript;

  private constructor(server: Server, script: CameraScript) {
    this.#server = server;
    this.#script = script;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(t: Pick<Test, 'teardown'>, script: CameraScript): Promise<ScriptedCamera> {
    const server = createServer();
    const camera = new ScriptedCamera(server, script);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => camera.close());
    return camera;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/live', credentials = ''): string {
    return `rtsp://${credentials}127.0.0.1:${this.port}${path}`;
  }

  become(script: CameraScript): void {
    this.#script = script;
  }

  methods(): string[] {
    return this.requests.map(({ method }) => method);
  }

  /** Waits for the `count`th request of a method. */
  async asked(method: string, count = 1): Promise<CameraRequest> {
    const found = () => this.requests.filter((request) => request.method === method)[count - 1];
    for (let request = found(); ; request = found()) {
      if (request) return request;
      await once(this.observer, 'request');
    }
  }

  /** Sends one interleaved packet on every connection. */
  send(channel: number, data: Buffer): void {
    const head = Buffer.from([0x24, channel, data.length >> 8, data.length & 0xff]);
    for (const socket of this.sockets) socket.write(Buffer.concat([head, data]));
  }

  /** Cuts every connection. */
  async hangUp(): Promise<void> {
    const gone = [...this.sockets].map((socket) => once(socket, 'close'));
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(gone);
  }

  async close(): Promise<void> {
    this.#server.close();
    await this.hangUp();
  }

  #accept(socket: Socket): void {
    this.sockets.add(socket);
    this.observer.emit('connection');
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.observer.emit('gone');
    });
    socket.on('data', (chunk: Buffer) => {
      rest = this.#take(Buffer.concat([rest, chunk]), socket);
    });
  }

  #take(data: Buffer, socket: Socket): Buffer<ArrayBuffer> {
    let rest = data;
    for (;;) {
      if (rest[0] === 0x24) {
        const end = rest.length < 4 ? Number.POSITIVE_INFINITY : 4 + rest.readUInt16BE(2);
        if (rest.length < end) break;
        this.packets.push({ channel: rest.readUInt8(1), data: Buffer.from(rest.subarray(4, end)) });
        this.observer.emit('packet');
        rest = rest.subarray(end);
        continue;
      }
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) break;
      this.#answer(rest.toString('utf8', 0, end), socket);
      rest = rest.subarray(end + 4);
    }
    return Buffer.from(rest);
  }

  #answer(text: string, socket: Socket): void {
    const [start = '', ...lines] = text.split('\r\n');
    const [method = '', url = ''] = start.split(' ');
    if (method.startsWith('RTSP/')) return;
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const request = { method, url, headers, socket };
    this.requests.push(request);
    const answer = this.#script(request, this.requests.length - 1);
    if (answer) socket.write(written(answer, headers.cseq ?? '0'));
    this.observer.emit('request', request);
  }
}

function written({ status = '200 OK', headers = {}, body = '' }: Exclude<Answer, undefined>, sequence: string): string {
  const all = { CSeq: sequence, ...headers, ...(body && { 'Content-Length': String(Buffer.byteLength(body)) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `RTSP/1.0 ${status}\r\n${lines.join('')}\r\n${body}`;
}

/** H264 on payload type 96, with the parameter sets of `nal-samples.ts`. */
export const videoSdp = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', 't=0 0', 'a=control:*'],
  ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 sprop-parameter-sets=Z0LgH4w=,aM48gA=='],
  'a=control:track1',
].join('\r\n');
export const opusSdp = ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 OPUS/48000/2', 'a=control:track2'].join('\r\n');

export interface UsualOptions {
  readonly sdp?: string;
  readonly session?: string;
  readonly methods?: string;
}

/** A well-behaved server that knows interleaved transport only. */
export function usual({
  sdp = videoSdp,
  session = 'abc;timeout=60',
  methods = 'OPTIONS, GET_PARAMETER',
}: UsualOptions = {}): CameraScript {
  return ({ method, headers }): Answer => {
    if (method === 'OPTIONS') return { headers: { Public: methods } };
    if (method === 'DESCRIBE') return { body: sdp };
    if (method !== 'SETUP') return {};
    const { transport = '' } = headers;
    if (!transport.includes('/TCP')) return { status: '461 Unsupported Transport' };
    return { headers: { Session: session, Transport: transport } };
  };
}
