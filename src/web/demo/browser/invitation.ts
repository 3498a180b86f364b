/** What the server gives to somebody who wants to join. */
export interface Invitation {
  readonly roomId: string;
  readonly peerId: string;
  readonly token: string;
}

/** @param codec empty = any @throws JoinError with words for people */
export async function askToJoin(codec: string): Promise<Invitation> {
  const query = new URLSearchParams(codec === '' ? {} : { codec });
  const response = await fetch(`/demo/join?${query}`, { method: 'POST' }).catch(() => {
    throw new JoinError('The server does not answer. Is it still running?');
  });
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return answer as Invitation;
  throw new JoinError(explain(response.status, answer?.errors));
}

/** Why somebody is not in the room. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
}

function explain(status: number, text: unknown): string {
  if (status === 503) return 'The room is full. Close another tab of this page, wait ten seconds and try again.';
  if (typeof text === 'string') return `The server says: ${text}.`;
  return `The server could not let you in (HTTP status ${status}). Its log tells more.`;
}
