import type { GatewayCallOptions } from '../component/sip/gateway-call.ts';
import type { GatewayDestination } from '../recorder/session-request.ts';
import type { StartRequest } from './start-request.ts';

/** Maximum length of a name: it is sent to everybody in the room, and to the telephone. */
const maxNameLength = 256;

/** Converts the SIP parameters of a start request: docs/contracts/jibri.md 8. */
export function requestedGateway({ sipClientParams, callParams }: StartRequest): GatewayDestination {
  const { sipAddress = '', autoAnswer = false, autoAnswerTimer = 30 } = sipClientParams ?? {};
  const displayName = shortened(sipClientParams?.displayName ?? '');
  const name = shortened(callParams.displayName || userOf(sipAddress) || displayName);
  const identity = { displayName, ...(name && { name }), ...identityOf(sipClientParams ?? {}) };
  if (!autoAnswer) return { kind: 'gateway', sipAddress, call: { ...identity, target: sipUri(sipAddress) } };
  const limit = autoAnswerTimer === null ? {} : { answerTimeout: Math.max(0, autoAnswerTimer) * 1000 };
  return { kind: 'gateway', sipAddress, call: identity, ...limit };
}

type Identity = Pick<GatewayCallOptions, 'address' | 'password' | 'contact' | 'proxy'>;

/** Who calls, and by which way. An empty text counts as absent. */
function identityOf(params: Partial<NonNullable<StartRequest['sipClientParams']>>): Identity {
  const { userName, password, contact, proxy } = params;
  const address = userName ? withoutScheme(withoutBrackets(userName)) : undefined;
  const way = proxy ? sipUri(proxy) : address && `sip:${domainOf(address)};transport=tcp`;
  return {
    ...(address && { address }),
    ...(address && password && { password }),
    ...(contact && { contact: sipUri(contact) }),
    ...(way && { proxy: way }),
  };
}

function shortened(name: string): string {
  return name.slice(0, maxNameLength).toWellFormed();
}

const scheme = /^sips?:/i;

/** `user@host`, `sip:user@host` or `<sip:user@host>` as a SIP URI. */
function sipUri(text: string): string {
  const address = withoutBrackets(text);
  return scheme.test(address) ? address : `sip:${address}`;
}

/** What stands between angle brackets, if there are any. */
function withoutBrackets(text: string): string {
  const start = text.indexOf('<');
  const end = text.indexOf('>', start);
  return (start >= 0 && end >= 0 ? text.slice(start + 1, end) : text).trim();
}

function withoutScheme(address: string): string {
  return address.replace(scheme, '');
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

/** The part before the last `@`; without one, all of it. */
function userOf(sipAddress: string): string {
  const address = withoutScheme(withoutBrackets(sipAddress));
  const at = address.lastIndexOf('@');
  return at < 0 ? address : address.slice(0, at);
}
