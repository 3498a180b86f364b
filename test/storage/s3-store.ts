import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Test } from 'tap';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { type OpenBucket, type S3Account, S3Bucket } from '../../src/storage/s3-bucket.ts';
import { S3Parts } from './s3-parts.ts';

const S3rver = createRequire(import.meta.url)('@20minutes/s3rver');
export const bucket = 'recordings';
/** Of the store's bucket: the only account. */
export const account: S3Account = {
  ...{ bucket, region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
};
/** What the store adds to the names of its files. */
const objectSuffix = '._S3rver_object';

/** What becomes of connections to the store. `slow`: for eight seconds the store only says that it is at work. `cutAfter`: they are cut after so many bytes. */
export type Mood = 'fine' | 'slow' | 'hanging' | 'gone' | { readonly status: number } | { readonly cutAfter: number };

/** An S3-compatible store with one bucket, and before it a network that can be in a bad mood. */
export class S3Store {
  readonly #directory: string;
  readonly #front: Server;
  readonly parts: S3Parts;
  readonly #sockets = new Set<Socket>();
  #mood: Mood = 'fine';
  #passed = 0;
  /** Connections so far that met a bad mood. */
  troubles = 0;
  #onTrouble: (() => void)[] = [];

  private constructor(front: Server, directory: string) {
    this.#front = front;
    this.#directory = directory;
    this.parts = new S3Parts(join(directory, bucket), bucket);
  }

  static async open(t: Pick<Test, 'teardown'>): Promise<S3Store> {
    const directory = await mkdtemp(join(tmpdir(), 'shoal-s3-'));
    const server = new S3rver({
      port: 0,
      address: '127.0.0.1',
      silent: true,
      directory,
      configureBuckets: [{ name: bucket }],
    });
    const front = createServer();
    const store = new S3Store(front, directory);
    server.middleware.unshift(store.parts.middleware);
    const { port } = (await server.run()) as AddressInfo;
    front.on('connection', (socket) => store.#accept(socket, port));
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    t.teardown(async () => {
      for (const socket of store.#sockets) socket.destroy();
      front.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    });
    return store;
  }

  /** Bytes from clients since the mood changed, of those that were let through. */
  get passed(): number {
    return this.#passed;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#front.address() as AddressInfo).port}`;
  }

  /** @param timeout ms after which it has failed */
  opener(timeout?: number): OpenBucket {
    return (account) => new S3Bucket({ ...account, endpoint: this.endpoint, guard: new AddressGuard() }, timeout);
  }

  /** From now on; a bad one cuts the connections that exist. */
  set mood(mood: Mood) {
    this.#mood = mood;
    this.#passed = 0;
    if (mood === 'fine') return;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves with the next connection that meets a bad mood. */
  async trouble(): Promise<void> {
    await new Promise<void>((resolve) => this.#onTrouble.push(resolve));
  }

  async keys(): Promise<string[]> {
    const names = await readdir(join(this.#directory, bucket), { recursive: true });
    return names.flatMap((name) => (name.endsWith(objectSuffix) ? [name.slice(0, -objectSuffix.length)] : [])).sort();
  }

  async read(key: string): Promise<Buffer> {
    return await readFile(join(this.#directory, bucket, `${key}${objectSuffix}`));
  }

  #accept(socket: Socket, port: number): void {
    this.#follow(socket);
    const mood = this.#mood;
    if (mood === 'gone') {
      socket.destroy();
      return this.#note();
    }
    if (mood === 'hanging') return this.#note();
    if (typeof mood === 'object' && 'status' in mood) return this.#refuse(socket, mood.status);
    const upstream = connect(port, '127.0.0.1');
    this.#follow(upstream);
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroy());
    upstream.pipe(socket);
    if (mood === 'slow') this.#hold(socket, upstream);
    else socket.pipe(upstream);
    socket.on('data', (chunk) => {
      this.#passed += chunk.length;
      if (mood === 'fine' || mood === 'slow' || this.#passed <= mood.cutAfter || socket.destroyed) return;
      socket.destroy();
      this.#note();
    });
  }

  #refuse(socket: Socket, status: number): void {
    socket.once('data', () => {
      const body = `<?xml version="1.0"?><Error><Code>${status === 403 ? 'AccessDenied' : 'InternalError'}</Code></Error>`;
      const head = `HTTP/1.1 ${status} No\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
      socket.end(head + body);
      this.#note();
    });
  }

  #hold(socket: Socket, upstream: Socket): void {
    const atWork = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 100);
    const release = () => {
      clearInterval(atWork);
      clearTimeout(later);
      held.pipe(upstream);
    };
    const held = socket.pipe(new PassThrough());
    const later = setTimeout(release, 8000);
    socket.once('close', release);
  }

  #note(): void {
    this.troubles += 1;
    for (const resolve of this.#onTrouble.splice(0)) resolve();
  }

  #follow(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
