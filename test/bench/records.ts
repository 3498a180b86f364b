import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { Postgres } from '../database/postgres.ts';
import type { Row } from './benchmark.ts';
import { atOnce } from './load/at-once.ts';
import { type Cleanup, withCleanup } from './load/cleanup.ts';
import { freePort } from './load/free-port.ts';
import { ServerProcess } from './load/server-process.ts';

export const title = 'orders and conferences in the database';

const limit = 16;
const orders = 300;
const conferences = 1000;
const ordered = 50;
const account = { name: 'acme', apiKey: 'JOD-bench', balance: 1_000_000, pricePerRecorderHour: 0.2 };
const domains = [{ domain: 'meet.example.org', configured: true }];
const server = { id: 1, url: 'meet.example.org', name: 'Main', apiKey: 'bench', users: ['*'] };

interface Figures {
  /** Per second. */
  readonly rates: Readonly<Record<string, number>>;
  /** Milliseconds from the response to the callback. */
  readonly start: number;
  /** Bytes. */
  readonly growth: number;
}

export async function run(): Promise<Row[]> {
  const file = await withCleanup((cleanup) => measure(cleanup, {}));
  const postgres = await withCleanup(async (cleanup) => {
    const engine = await Postgres.start(cleanup);
    return await measure(cleanup, { SHOAL_DATABASE_URL: await engine.createDatabase() });
  });
  const note = `SQLite / PostgreSQL; ${limit} at once`;
  return [
    ...Object.entries(file.rates).map(([what, rate]) => {
      const other = postgres.rates[what] ?? Number.NaN;
      return { what, ratio: rate / other, figure: `${rate.toFixed(0)}/s / ${other.toFixed(0)}/s`, note };
    }),
    {
      what: `Order of ${ordered} recorders, from response to callback`,
      figure: `${file.start.toFixed(0)} ms / ${postgres.start.toFixed(0)} ms`,
    },
    {
      what: `Memory of ${conferences} scheduled conferences`,
      figure: `${(file.growth / 1e6).toFixed(1)} MB / ${(postgres.growth / 1e6).toFixed(1)} MB`,
      note: 'growth of the resident memory of the server while they are made, after as many others',
    },
  ];
}

async function measure(cleanup: Cleanup, variables: Record<string, string>): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-records-'));
  cleanup.teardown(() => rm(folder, { recursive: true, force: true }));
  const accounts = join(folder, 'accounts.json');
  await writeFile(accounts, JSON.stringify({ accounts: [{ ...account, domains }] }));
  const ports = await Promise.all(Array.from({ length: ordered }, freePort));
  const process = await ServerProcess.start(cleanup, {
    ...variables,
    JOD_ACCOUNTS_FILE: accounts,
    JOD_RECORDER_ADDRESSES: ports.map((port) => `127.0.0.1:${port}`).join(),
    JOD_LOCATIONS: `fra:${ordered},ams:0`,
    JITSI_ADMIN_SERVERS: JSON.stringify([server]),
    FJ_LOG_LEVEL: 'warn',
  });
  const http = new Pool(`http://${process.host}`, { connections: limit });
  cleanup.teardown(() => http.destroy());
  const receiver = await Receiver.start(cleanup);
  const order = async (location: string, recorders: number) => {
    const fields = { apiKey: account.apiKey, domain: 'meet.example.org', duration: '1', callback_url: receiver.url };
    return await ask(http, 'POST', '/deploy-recorder', { ...fields, location, recorders: String(recorders) });
  };
  const uids: string[] = [];
  const create = async (index: number) => {
    const fields = { email: 'a@example.org', name: `Conference ${index}`, duration: '45', server: server.url };
    uids.push(String((await ask(http, 'POST', '/api/v1/room', { ...fields, start: '2040-01-02T13:00' })).uid));
  };
  const rates = {
    'Conferences created': await rate(conferences, create),
    'Participants added': await rate(conferences, async (index) => {
      await ask(http, 'POST', '/api/v1/user', { uid: uids[index] ?? '', email: `p${index}@example.org` });
    }),
    'Conferences looked up': await rate(conferences, async (index) => {
      await ask(http, 'GET', `/api/v1/info/${uids[index]}`);
    }),
  };
  const before = (await process.memory()).server;
  await rate(conferences, create);
  const growth = (await process.memory()).server - before;
  await order('fra', ordered);
  const answered = performance.now();
  await receiver.received(1);
  const start = performance.now() - answered;
  const orderRate = await rate(orders, async () => {
    await order('ams', 1);
  });
  return { rates: { ...rates, 'Orders of recorders': orderRate }, start, growth };
}

/** Calls per second. */
async function rate(count: number, call: (index: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  await atOnce(limit, [...Array(count).keys()], call);
  return (1000 * count) / (performance.now() - start);
}

async function ask(http: Pool, method: 'GET' | 'POST', path: string, fields?: Record<string, string>) {
  const { statusCode, body } = await http.request({
    ...{ method, path },
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(fields && { body: new URLSearchParams(fields).toString() }),
  });
  const text = await body.text();
  if (statusCode !== 200 || !/"(error":false|it":"worked)/.test(text))
    throw new Error(`${path}: ${statusCode} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Takes callbacks. */
class Receiver {
  readonly url: string;
  #count = 0;
  #wake = () => {};

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}/`;
  }

  static async start(cleanup: Cleanup): Promise<Receiver> {
    const listener = createServer((request, response) => {
      request.resume().once('end', () => {
        receiver.#count += 1;
        receiver.#wake();
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const receiver = new Receiver((listener.address() as AddressInfo).port);
    cleanup.teardown(() => listener.close());
    return receiver;
  }

  /** Resolves when so many callbacks have come. */
  async received(count: number): Promise<void> {
    while (this.#count < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
