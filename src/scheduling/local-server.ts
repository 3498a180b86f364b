import type { ConferenceServer } from './conference.ts';

/** Whether the conferences of a server are on this one. @param publicAddress base URL of this one */
export function isLocalServer(
  { url, address }: Pick<ConferenceServer, 'url' | 'address'>,
  publicAddress: string,
): boolean {
  const here = hostOf(publicAddress);
  return hostOf(address) === here || hostOf(url) === here;
}

/** `host` or `host:port` of an address with or without a scheme. A proxy may speak HTTPS for a server that does not. */
function hostOf(address: string): string {
  const withoutScheme = address.replace(/^https?:\/\//i, '').replace(/[/?#].*$/s, '');
  return withoutScheme.toLowerCase().replace(/:(80|443)$/, '');
}
