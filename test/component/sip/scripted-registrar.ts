import { createHash } from 'node:crypto';
import type { Test } from 'tap';
import { type PeerRequest, ScriptedPeer } from './scripted-peer.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** The fields of an Authorization header of the Digest scheme. */
export function digestFields(header = ''): ReadonlyMap<string, string> {
  const fields = header.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g);
  return new Map(Array.from(fields, ([, name = '', quoted, bare]) => [name, quoted ?? bare ?? '']));
}

/** Whether a Digest header with MD5 and `qop=auth` proves the password, computed without the code that made it. */
export function provesPassword(header: string | undefined, method: string, password: string): boolean {
  const fields = digestFields(header);
  const field = (name: string) => fields.get(name) ?? '';
  const secret = md5(`${field('username')}:${field('realm')}:${password}`);
  const middle = `${field('nonce')}:${field('nc')}:${field('cnonce')}:${field('qop')}`;
  return field('response') === md5(`${secret}:${middle}:${md5(`${method}:${field('uri')}`)}`);
}

export interface ScriptedRegistrar {
  readonly peer: ScriptedPeer;
  /** Of the accounts that it knows. Default: `secret`. */
  password: string;
  /** What it does with a request whose credentials are right. Default: a 200 with the Contact. */
  answer: (given: PeerRequest) => void;
}

/** A registrar that challenges each request without valid credentials. Nonces are numbers, valid for ever. */
export async function openScriptedRegistrar(t: Test): Promise<ScriptedRegistrar> {
  const peer = await ScriptedPeer.open(t);
  let nonce = 0;
  const registrar: ScriptedRegistrar = { peer, password: 'secret', answer: (given) => grant(peer, given) };
  peer.onRequest((given) => {
    const { method, headers } = given.request;
    if (method === 'ACK') return;
    if (provesPassword(headers.get('authorization'), method, registrar.password)) return registrar.answer(given);
    nonce += 1;
    peer.respond(given, 401, { headers: [['www-authenticate', `Digest realm="test", qop="auth", nonce="${nonce}"`]] });
  });
  return registrar;
}

/** A 200 with the Contact of the request. @param expires in seconds */
export function grant(peer: ScriptedPeer, given: PeerRequest, expires = 300): void {
  const contact = given.request.headers.get('contact') ?? '';
  peer.respond(given, 200, { headers: [['contact', `${contact};expires=${expires}`]] });
}
