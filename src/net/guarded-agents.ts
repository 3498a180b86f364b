import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AddressGuard } from './address-guard.ts';
import { OutboundError } from './outbound-error.ts';

/**
 * Agents that connect to permitted addresses only, for libraries with an HTTP client of their own. The caller destroys them.
 */
export function guardedAgents(guard: AddressGuard) {
  const options = { keepAlive: true, lookup: guard.lookup };
  return {
    httpAgent: withoutLiterals(new HttpAgent(options), guard),
    httpsAgent: withoutLiterals(new HttpsAgent(options), guard),
  };
}

/** Literal addresses are not looked up, so they are checked here. */
function withoutLiterals<A extends HttpAgent>(agent: A, guard: AddressGuard): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const host = (options.host ?? '').replace(/^\[(.*)\]$/, '$1');
    if (guard.permitsHost(host)) return connect(options, callback);
    const error = new OutboundError('refusedAddress', { host });
    if (!callback) throw error;
    // the types do not allow for a missing connection
    (callback as (error: Error) => void)(error);
    return undefined;
  };
  return agent;
}
