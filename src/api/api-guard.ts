import type { onRequestHookHandler } from 'fastify';
import type { Secret } from '../config/secret.ts';
import { ShoalError } from '../error/shoal-error.ts';
import { FrameworkError } from './framework-error.ts';

/** Guards the routes of the API: first the accepted content types, then the token. Runs when the body has been read. */
export function apiGuard(token: Secret): onRequestHookHandler {
  return (request, _reply, done) => {
    if (!admitsJson(request.headers.accept)) throw new FrameworkError(406);
    checkToken(token, request.headers.authorization);
    done();
  };
}

/**
 * The one static token of the API: docs/contracts/fishjam-rest.md 2.
 * @param header of the request, a character per byte
 * @throws ShoalError missingToken, invalidToken
 */
export function checkToken(token: Secret, header: string | undefined): void {
  const given = header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : '';
  if (given === '') throw new ShoalError('missingToken');
  if (!token.matches(Buffer.from(given, 'latin1'))) throw new ShoalError('invalidToken');
}

/** Whether a request has the token. @param header a character per byte */
export function hasToken(token: Secret, header: string | undefined): boolean {
  return header?.startsWith('Bearer ') === true && token.matches(Buffer.from(header.slice('Bearer '.length), 'latin1'));
}

/**
 * Whether an `Accept` header admits JSON: docs/contracts/fishjam-rest.md 1.2. Weights are not looked at.
 * @param header undefined = none was sent
 */
export function admitsJson(header: string | undefined): boolean {
  if (header === undefined || header.includes('*/*')) return true;
  return header.split(',').some((entry) => admitting.has(entry.split(';', 1)[0]?.trim().toLowerCase() ?? ''));
}

const admitting = new Set(['application/json', 'application/*']);
