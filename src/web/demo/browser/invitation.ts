import { type Invitation, JoinError } from '../../call/browser/invitation.ts';

/** @param codec empty = any @throws JoinError with a text for the user */
export async function askToJoin(codec: string, name: string): Promise<Invitation> {
  const query = new URLSearchParams(codec === '' ? {} : { codec });
  const response = await fetch(`/demo/join?${query}`, { method: 'POST' }).catch(() => {
    throw new JoinError('The server does not respond. Is it still running?');
  });
  const body = await response.json().catch(() => undefined);
  if (response.ok) return { token: body.token, metadata: { name } };
  throw new JoinError(explain(response.status, body?.errors));
}

function explain(status: number, text: unknown): string {
  if (typeof text === 'string' && /peers? limit in room/.test(text))
    return 'The room is full. Close another tab of this page, wait ten seconds and try again.';
  if (typeof text === 'string') return `The server says: ${text}.`;
  return `Joining failed with HTTP status ${status}. See the log of the server.`;
}
