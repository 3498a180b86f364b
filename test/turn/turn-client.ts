import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TurnEntry } from '../../src/turn/turn-credentials.ts';

/** What the thread is asked to do. */
export interface RelayRequest {
  readonly entry: TurnEntry;
  readonly serverIp: string;
  readonly peer: readonly [ip: string, port: number];
  readonly text: string;
}

/** The peer's answer, or the error code (RFC 8656, section 19) with which the server refused the peer. */
export type RelayResult = { readonly answer: string } | { readonly refused: number };

/**
 * Allocates at the entry's server, sends a text through the relay, and returns what came back. Rejects when there is no allocation.
 * Runs in a thread, because the library's client leaves a timer behind that nobody can stop.
 * @param serverIp where to connect, when the entry's address is not reachable from here
 */
export async function relayTo(
  entry: TurnEntry | undefined,
  peer: RelayRequest['peer'],
  serverIp = entry?.serverAddr ?? '',
): Promise<RelayResult> {
  if (!entry) throw new Error('no such entry');
  const workerData: RelayRequest = { entry, serverIp, peer, text: 'hello' };
  const thread = new Worker(new URL('./relay-thread.ts', import.meta.url), { workerData });
  try {
    const [result] = await once(thread, 'message');
    return result as RelayResult;
  } finally {
    await thread.terminate();
  }
}
