import { createHmac } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

/** The header with the body's HMAC-SHA256, by which a receiver verifies its origin and integrity. */
export function webhookSignature(secret: Secret, body: Uint8Array): Record<string, string> {
  const digest = createHmac('sha256', secret.reveal()).update(body).digest('hex');
  return { 'x-fishjam-signature-256': `sha256=${digest}` };
}
