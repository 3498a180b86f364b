import { type RecorderAddress, writeAddress } from './recorder-address.ts';

/** A recorder as customers know it. */
export interface RecorderAccess {
  readonly id: string;
  readonly address: RecorderAddress;
  /** Required of its clients. */
  readonly token: string | undefined;
}

/** Texts of failures: docs/contracts/jod.md 5.3. */
export const failures = {
  noRecorders: 'recorders not available in specified location',
  trouble: 'deployment failed',
} as const;

export type DeploymentFailure = keyof typeof failures;

/** The JSON of docs/contracts/jod.md 5.2. @param expiresAt Unix time in ms */
export function successBody(id: string, recorders: readonly RecorderAccess[], expiresAt: number): string {
  const expiry = new Date(expiresAt).toISOString();
  return JSON.stringify({
    it: 'worked',
    message: 'deployment successful',
    deployment_info: {
      deployment_id: id,
      recorders: recorders.map(({ id: recorderId, address, token }) => ({
        recorder_id: recorderId,
        recorder_ip: address.ip,
        recorder_port: address.port,
        recorder_url: `http://${writeAddress(address)}`,
        expires_at: expiry,
        ...(token !== undefined && { recorder_token: token }),
      })),
    },
  });
}

/** The JSON of docs/contracts/jod.md 5.3. */
export function failureBody(id: string, failure: DeploymentFailure): string {
  return JSON.stringify({ it: 'failed', message: failures[failure], deployment_id: id });
}
