import type { CallRoom } from '../recorder/session-request.ts';
import type { SlotCustomer } from '../recorder/slot.ts';
import { callRoom } from './call-name.ts';
import type { CallUrlInfo } from './start-request.ts';

/**
 * The room of a call that a customer's recorder is to record: docs/contracts/jod.md 8.
 * @returns undefined for a call without a name, and for one of somebody else
 */
export function customerRoom(
  call: Pick<CallUrlInfo, 'baseUrl' | 'callName' | 'tenant'>,
  { domain, roomPrefix = '', tenant }: SlotCustomer,
): CallRoom | undefined {
  const host = hostOf(call.baseUrl);
  if (host === undefined || host !== hostOf(`https://${bracketed(domain)}`)) return undefined;
  const room = callRoom(call);
  const isOwn = (id: string) => id.toLowerCase().startsWith(roomPrefix.toLowerCase());
  if (!room || !isOwn(room.id)) return undefined;
  if (tenant !== undefined && room.tenant?.name !== tenant.toLowerCase()) return undefined;
  // The bare name may be the room of another customer.
  if (!room.tenant || (tenant === undefined && isOwn(room.tenant.bareId))) return room;
  return { ...room, tenant: { ...room.tenant, bareId: room.id } };
}

/** The host of a URL in the one spelling that browsers have for it, without a dot at the end. */
function hostOf(url: string): string | undefined {
  return URL.parse(url)?.hostname.toLowerCase().replace(/\.$/, '') || undefined;
}

/** An IPv6 address as URLs have it. */
function bracketed(domain: string): string {
  return domain.includes(':') && !domain.startsWith('[') ? `[${domain}]` : domain;
}
