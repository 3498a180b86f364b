import { whenNotBusy } from './busy-server.ts';

/**
 * Sends a command to the REST API of a server.
 * @param host with its port @param token of the API
 * @throws Error with the response, when it is no success
 */
export async function postJson(host: string, path: string, body: unknown, token = 'development'): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const { response, text } = await whenNotBusy(() =>
    fetch(`http://${host}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
  );
  if (!response.ok) throw new Error(`${response.status} ${text}`);
}
