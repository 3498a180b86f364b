import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** A published client's generated code for the frames of the peer socket. */
export interface PublishedPeerMessage {
  encode(message: object): { finish(): Uint8Array };
  decode(frame: Uint8Array): object;
}

/** A published client's encoder and decoder of media events; `Wire` is their encoded form. */
export interface PublishedEndpoint<Wire> {
  // biome-ignore lint/suspicious/noExplicitAny: the arguments differ by event
  on(event: string, listener: (...args: any[]) => void): void;
  connect(metadata: unknown): void;
  disconnect(): void;
  updateEndpointMetadata(metadata: unknown): void;
  receiveMediaEvent(event: Wire): unknown;
  setTargetTrackEncoding(trackId: string, encoding: unknown): void;
}

interface PublishedClient<Wire> {
  readonly PeerMessage: PublishedPeerMessage;
  readonly WebRTCEndpoint: new (config: object) => PublishedEndpoint<Wire>;
}

/** The older generation. Its modules import each other in a way that only bundlers understand. */
export function importLegacyClient(): Promise<PublishedClient<string>> {
  return importBundle(
    `export { WebRTCEndpoint } from './index.js'; export { PeerMessage } from './protos/fishjam/peer_notifications.js';`,
    '@fishjam-dev/ts-client',
  );
}

/** The newer generation. Its bundle does not export the code of PeerMessage, which has a minified name. */
export function importCloudClient(): Promise<PublishedClient<Uint8Array>> {
  const source = readFileSync(fileURLToPath(import.meta.resolve('@fishjam-cloud/ts-client')), 'utf8');
  const name = /(\w+)=\{encode\(\w+,\w+=new \w+\)\{return \w+\.authenticated!==void 0&&/.exec(source)?.[1];
  if (name === undefined) throw new Error('The published client no longer has its PeerMessage where it was');
  return importBundle(`${source};export { ${name} as PeerMessage };`, '@fishjam-cloud/ts-client');
}

async function importBundle<T>(contents: string, packageName: string): Promise<T> {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: dirname(fileURLToPath(import.meta.resolve(packageName))) },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'error',
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}
