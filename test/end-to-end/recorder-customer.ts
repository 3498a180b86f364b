import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'node:querystring';
import { buffer } from 'node:stream/consumers';
import type { Test } from 'tap';
import { startBody } from '../jibri/running-jibri.ts';
import { type ReceivedRequest, Receiver } from '../net/receiver.ts';
import { PortBlock } from '../port-block.ts';

/** A recorder as the callback names it. */
export interface NamedRecorder {
  readonly recorder_id: string;
  readonly recorder_ip: string;
  readonly recorder_port: number;
  readonly recorder_url: string;
  readonly recorder_token?: string;
  readonly expires_at: string;
}

export interface OrderResponse {
  readonly status: number;
  readonly type: string | undefined;
  readonly retryAfter: string | undefined;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said; the assertions look into it
  readonly json: any;
}

export interface CustomerOptions {
  /** Units. */
  readonly balance?: number;
  readonly price?: number;
  /** Addresses of the pool on 127.0.0.1. */
  readonly recorders?: number;
}

export const customerKey = 'JOD-3c4708cf-dc4c-4166-9cc3-ba483f6b7f6b';

/** Somebody with an account who orders recorders, receives callbacks, and drives recorders over their addresses as any Jibri. */
export class RecorderCustomer {
  readonly receiver: Receiver;
  /** `JOD_*`, for a server. */
  readonly variables: Readonly<Record<string, string>>;
  /** What was seen so far: `response` for the end of an order's response, `callback`. */
  readonly seen: string[] = [];
  /** Of the server, with its port. */
  host = '';

  private constructor(receiver: Receiver, variables: Record<string, string>) {
    this.receiver = receiver;
    this.variables = variables;
  }

  static async open(
    t: Pick<Test, 'teardown'>,
    { balance = 0, price = 0, recorders = 4 }: CustomerOptions = {},
  ): Promise<RecorderCustomer> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-accounts-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const accounts = join(folder, 'accounts.json');
    const domains = [
      { domain: 'call.myjitsidomain.com', configured: true },
      { domain: 'later.example', configured: false },
    ];
    const account = { name: 'acme', apiKey: customerKey, balance, pricePerRecorderHour: price, domains };
    await writeFile(accounts, JSON.stringify({ accounts: [account] }));
    const { min } = await PortBlock.claim(t);
    const addresses = Array.from({ length: recorders }, (_, index) => `127.0.0.1:${min + index}`);
    const receiver = await Receiver.start(t);
    return new RecorderCustomer(receiver, {
      JOD_ACCOUNTS_FILE: accounts,
      JOD_RECORDER_ADDRESSES: addresses.join(),
      JIBRI_HTTP_API_EXTERNAL_PORT: 'off',
      SHOAL_PROGRAM_SIZE: '320x180',
    });
  }

  /** An order that is complete; undefined leaves a field out. */
  fields(changes: Record<string, string | undefined> = {}): Record<string, string> {
    const all = {
      ...{ apiKey: customerKey, domain: 'call.myjitsidomain.com', recorders: '1', duration: '1', location: 'nyc' },
      ...{ callback_url: this.receiver.url, ...changes },
    };
    return Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
  }

  /** Orders as axios does, with `querystring.stringify`. */
  async order(changes: Record<string, string | undefined> = {}): Promise<OrderResponse> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { response, text } = await send('POST', `http://${this.host}/deploy-recorder`, {
      headers,
      body: stringify(this.fields(changes)),
    });
    this.seen.push('response');
    const { 'content-type': type, 'retry-after': retryAfter } = response.headers;
    return { status: response.statusCode ?? 0, type, retryAfter, text, json: JSON.parse(text) };
  }

  /** Orders, and waits for the callback. @returns the recorders @throws when it was refused or failed */
  async ordered(changes: Record<string, string | undefined> = {}): Promise<NamedRecorder[]> {
    const { status, text, json } = await this.order(changes);
    if (status !== 200) throw new Error(`The order was refused: ${status} ${text}`);
    const body = await this.callback(json.deployment_id);
    if (body.it !== 'worked') throw new Error(`The deployment failed: ${body.message}`);
    return body.deployment_info.recorders;
  }

  /** The callback of a deployment. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server sent; the assertions look into it
  async callback(deploymentId: string): Promise<any> {
    for (;;) {
      const found = this.callbacks.find((body) => JSON.stringify(body).includes(deploymentId));
      if (found) return found;
      await this.receiver.received(this.receiver.requests.length + 1);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the server sent; the assertions look into it
  get callbacks(): any[] {
    return this.receiver.requests.map(({ body }) => JSON.parse(body.toString()));
  }

  /** Lets something happen when the next callback arrives, before it is responded to. */
  onCallback(act: (request: ReceivedRequest) => Promise<void>): void {
    this.receiver.script.push((response, request) => {
      this.seen.push('callback');
      void act(request).finally(() => response.writeHead(200).end());
    });
  }

  /** `IDLE`, `BUSY` or `EXPIRED`; `gone` when nobody listens. */
  async status(recorder: NamedRecorder): Promise<string> {
    try {
      const { text } = await this.drive(recorder, 'health');
      return JSON.parse(text).status.busyStatus;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return 'gone';
      throw error;
    }
  }

  /** Starts recording a room. @returns the status of the response */
  async startSession({
    recorder,
    sessionId,
    callName,
    host = 'call.myjitsidomain.com',
  }: SessionStart): Promise<number> {
    const callParams = { callUrlInfo: { baseUrl: `https://${host}`, callName } };
    return (await this.drive(recorder, 'startService', startBody({ sessionId, callParams }))).status;
  }

  /** Asks a recorder at its own address, with its token. @param name of the route; without a body it is a GET, except for `stopService` */
  async drive({ recorder_url: url, recorder_token: token }: NamedRecorder, name: string, body?: object) {
    const method = name === 'health' ? 'GET' : 'POST';
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const { response, text } = await send(method, `${url}/jibri/api/v1.0/${name}`, { headers, ...given });
    return { status: response.statusCode ?? 0, text };
  }
}

interface SessionStart {
  readonly recorder: NamedRecorder;
  readonly sessionId: string;
  readonly callName: string;
  readonly host?: string;
}

async function send(
  method: string,
  url: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body?: string },
) {
  const request = httpRequest(url, { method, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response, text: (await buffer(response)).toString() };
}
