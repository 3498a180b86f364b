// Many viewers in a process of its own, on plain sockets, so that they cost as little as can be. Told what to do by `viewers.ts`.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import type { FromViewers, ToViewers } from './viewers.ts';

/** Bytes that are read at a time. */
const window = 64 * 1024;
const headEnd = Buffer.from('\r\n\r\n');
/** Viewers that connect at a time. */
const atOnce = 200;

let round: { arrivals: Float64Array; arrived: number; bytes: number; body: Buffer } | undefined;
const viewers: Viewer[] = [];

/** One connection that is kept alive; knows answers with a length only. */
class Viewer {
  readonly #socket: Socket;
  /** Of the answer that is being read; -1: its head. */
  #missing = -1;
  #head = Buffer.alloc(0);
  #body: Buffer[] = [];

  private constructor(port: number) {
    const take = (count: number, buffer: Uint8Array) => {
      this.#take(Buffer.from(buffer.buffer as ArrayBuffer, buffer.byteOffset, count));
      return true;
    };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer: shared, callback: take } });
    this.#socket.on('error', (error) => {
      throw error;
    });
  }

  static async open(port: number): Promise<Viewer> {
    const viewer = new Viewer(port);
    await once(viewer.#socket, 'connect');
    return viewer;
  }

  ask(request: Buffer): void {
    this.#socket.write(request);
  }

  #take(given: Buffer): void {
    let bytes = given;
    if (this.#missing < 0) {
      const all = this.#head.length > 0 ? Buffer.concat([this.#head, bytes]) : bytes;
      const end = all.indexOf(headEnd);
      if (end < 0) {
        this.#head = Buffer.from(all);
        return;
      }
      this.#missing = lengthOf(all.toString('latin1', 0, end));
      this.#head = Buffer.alloc(0);
      bytes = all.subarray(end + 4);
    }
    this.#missing -= bytes.length;
    // One of them is enough.
    if (round?.arrived === 0) this.#body.push(Buffer.from(bytes));
    if (this.#missing === 0) this.#finish();
  }

  #finish(): void {
    this.#missing = -1;
    if (!round) throw new Error('Nobody asked for this.');
    if (round.arrived === 0) round.body = Buffer.concat(this.#body);
    this.#body = [];
    round.arrivals[round.arrived] = monotonicClock.now();
    round.arrived += 1;
    if (round.arrived === viewers.length) finishRound();
  }
}

const shared = Buffer.alloc(window);

function lengthOf(head: string): number {
  const [, status = '', length = ''] = /^HTTP\/1\.1 (\d+)[\s\S]*\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  if (status !== '200') throw new Error(`A viewer was answered ${head}`);
  return Number(length);
}

function finishRound(): void {
  if (!round) return;
  const { arrivals, body } = round;
  round = undefined;
  say({ type: 'answered', arrivals, text: body.toString() });
}

process.on('message', async (message: ToViewers) => {
  if (message.type === 'open') {
    while (viewers.length < message.count) {
      const count = Math.min(atOnce, message.count - viewers.length);
      viewers.push(...(await Promise.all(Array.from({ length: count }, () => Viewer.open(message.port)))));
    }
    return say({ type: 'opened' });
  }
  round = { arrivals: new Float64Array(viewers.length), arrived: 0, bytes: 0, body: Buffer.alloc(0) };
  const request = Buffer.from(`GET ${message.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const at = monotonicClock.now();
  for (const viewer of viewers) viewer.ask(request);
  say({ type: 'asked', at, until: monotonicClock.now() });
});

function say(message: FromViewers): void {
  process.send?.(message);
}
