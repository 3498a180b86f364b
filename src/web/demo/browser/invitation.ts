/** What the server returns for a visitor who wants to join. */
export interface Invitation {
  readonly roomId: string;
  readonly peerId: string;
  readonly token: string;
}

/** @param codec empty = any @throws JoinError with a text for the user */
export async function askToJoin(codec: string): Promise<Invitation> {
  const query = new URLSearchParams(codec === '' ? {} : { codec });
  const response = await fetch(`/demo/join?${query}`, { method: 'POST' }).catch(() => {
    throw new JoinError('The server does not respond. Is it still running?');
  });
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body as Invitation;
  throw new JoinError(explain(response.status, body?.errors));
}

/** Why a visitor could not join; its message is for the user. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
}

function explain(status: number, text: unknown): string {
  if (typeof text === 'string' && /peers? limit in room/.test(text))
    return 'The room is full. Close another tab of this page, wait ten seconds and try again.';
  if (typeof text === 'string') return `The server says: ${text}.`;
  return `Joining failed with HTTP status ${status}. See the log of the server.`;
}
