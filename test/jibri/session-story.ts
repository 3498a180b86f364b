// What orchestrators are told of recorder sessions, and sessions that tell somebody.
import type { Test } from 'tap';
import { Receiver } from '../net/receiver.ts';
import { RunningJibri } from './running-jibri.ts';

interface Told {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a receiver got; the assertions look into it
  readonly body: any;
}

export const told = ({ requests }: Receiver): Told[] =>
  requests.map(({ path = '', body }) => ({ path, body: JSON.parse(body.toString()) }));

/** The story in words: `BUSY`, `ON` and so on. */
export const story = (receiver: Receiver) =>
  told(receiver).map(
    ({ body }) =>
      body.session?.status ?? `${body.status.busyStatus}${body.status.health.healthStatus === 'HEALTHY' ? '' : '!'}`,
  );

export async function withReceiver(t: Test, variables: Record<string, string> = {}) {
  const receiver = await Receiver.start(t);
  const jibri = await RunningJibri.start(t, { JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url, ...variables });
  return { receiver, jibri };
}

export const failed = (detail: string, scope = 'SESSION', shouldRetry = true) => ({
  status: 'OFF',
  failure: { reason: 'ERROR', error: { scope, detail } },
  shouldRetry,
});

export async function lastSession(receiver: Receiver): Promise<unknown> {
  while (!story(receiver).includes('OFF')) await receiver.received(receiver.requests.length + 1);
  return told(receiver).findLast(({ body }) => body.session)?.body.session;
}
