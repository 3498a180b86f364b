import { createHmac } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

/** `sha256=<hex>`: the HMAC-SHA256 of a request's body, by which its receiver verifies who sent it. */
export function bodySignature(secret: Secret, body: Uint8Array | string): string {
  return `sha256=${createHmac('sha256', secret.reveal()).update(body).digest('hex')}`;
}
