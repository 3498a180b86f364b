import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { openPeerFolder, startPeer } from './peer-process.ts';

export interface SippOptions {
  /** Steps of a scenario, as XML: see {@link scenario}. */
  readonly steps: readonly string[];
  /** Its own port of 127.0.0.1. */
  readonly port: number;
  /** Where it sends requests, on 127.0.0.1; without: it waits for them. */
  readonly target?: number;
  /** Calls until it ends. Default 1. */
  readonly calls?: number;
  /** Calls per second that it begins. Default 10. */
  readonly rate?: number;
  readonly transport?: 'udp' | 'tcp';
  /** Seconds after which it fails. Default 60. */
  readonly timeout?: number;
}

/** How a run has ended. */
export interface SippEnd {
  /** 0: every call went as the scenario says. */
  readonly code: number | null;
  /** What was unexpected. */
  readonly errors: string;
}

/** One run of sipp, which plays a scenario with the server. */
export class Sipp {
  readonly ended: Promise<SippEnd>;
  readonly #kill: () => void;

  private constructor(ended: Promise<SippEnd>, kill: () => void) {
    this.ended = ended;
    this.#kill = kill;
  }

  static async start(t: Pick<Test, 'teardown'>, options: SippOptions): Promise<Sipp> {
    const folder = await openPeerFolder(t, 'sipp');
    await writeFile(join(folder, 'scenario.xml'), scenarioText(options.steps));
    const child = await startPeer('sipp', arguments_(options), { folder });
    child.stdout?.resume();
    let complaints = '';
    child.stderr?.on('data', (text) => {
      complaints = (complaints + text).slice(-20_000);
    });
    const ended = once(child, 'close').then(async ([code]) => {
      return { code: code as number | null, errors: complaints + (await errorLog(folder)) };
    });
    const sipp = new Sipp(ended, () => child.kill('SIGKILL'));
    t.teardown(() => sipp.close());
    return sipp;
  }

  /** Ends it in the middle of what it does. Idempotent. */
  async close(): Promise<void> {
    this.#kill();
    await this.ended;
  }
}

/** Waits for a request or a response. @param what a method or a status @param attributes of the step, such as `optional="true" next="1"` */
function receive(what: string | number, attributes = ''): string {
  const kind = typeof what === 'number' ? 'response' : 'request';
  return `<recv ${kind}="${what}" ${attributes}/>`;
}

/** Sends a message. @param text its lines; a body comes after an empty one @param attributes such as `retrans="500"` */
function send(text: string, attributes = ''): string {
  const [head = '', ...body] = text.trim().split('\n\n');
  const lines = head.split('\n').map((line) => line.trim());
  const length = 'Content-Length: [len]';
  return `<send ${attributes}><![CDATA[\n${[...lines, length].join('\n')}\n\n${body.join('\n\n')}\n]]></send>`;
}

/** A response to what came last, with its Via, From, Call-ID and CSeq. @param more further lines, and a body after an empty one */
function respond(
  status: string,
  { tag, more = '', method }: { tag?: string; more?: string; method?: string } = {},
  attributes = '',
): string {
  const cseq = method === undefined ? '[last_CSeq:]' : `CSeq: [last_cseq_number] ${method}`;
  const to = tag === undefined ? '[last_To:]' : `[last_To:];tag=${tag}`;
  const head = `SIP/2.0 ${status}\n[last_Via:]\n[last_From:]\n${to}\n[last_Call-ID:]\n${cseq}`;
  return send(`${head}\n${more}`, attributes);
}

function pause(milliseconds: number): string {
  return `<pause milliseconds="${milliseconds}"/>`;
}

function label(id: number): string {
  return `<label id="${id}"/>`;
}

/** Contact of the scenario, and a session description: sound at a port of 127.0.0.1. */
function described(port: number, lines: readonly string[] = ['a=rtpmap:8 PCMA/8000', 'a=sendrecv']): string {
  const session = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 8`,
  ];
  const contact = 'Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>';
  return `${contact}\nContent-Type: application/sdp\n\n${[...session, ...lines].join('\n')}\n`;
}

/** Steps of a scenario. */
export const scenario = { receive, send, respond, pause, label, described };

function scenarioText(steps: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="test">\n${steps.join('\n')}\n</scenario>\n`;
}

function arguments_({ port, target, calls = 1, rate = 10, transport = 'udp', timeout = 60 }: SippOptions): string[] {
  return [
    ...['-sf', 'scenario.xml', '-i', '127.0.0.1', '-p', String(port), '-m', String(calls), '-r', String(rate)],
    ...[
      '-t',
      transport === 'udp' ? 'u1' : 't1',
      '-timeout',
      `${timeout}s`,
      '-timeout_error',
      '-nostdin',
      '-skip_rlimit',
    ],
    // what comes to a call that is over may belong to the next one
    ...['-deadcall_wait', '0', '-nd', '-trace_err', '-error_file', 'errors.log'],
    ...(target === undefined ? [] : [`127.0.0.1:${target}`]),
  ];
}

async function errorLog(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name === 'errors.log');
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.join('');
}
