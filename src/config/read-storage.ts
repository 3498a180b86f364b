import type { Config } from './config.ts';
import type { Environment } from './environment.ts';

const megabyte = 1_000_000;
const day = 24 * 60 * 60 * 1000;

/** Where recordings are kept, and for how long. */
export function readStorage(environment: Environment): Config['storage'] {
  const s3Endpoint = environment.read('SHOAL_S3_ENDPOINT');
  const days = environment.read('SHOAL_RETENTION_DAYS');
  const gigabytes = environment.read('SHOAL_RETENTION_GB');
  return {
    localRecordings: environment.require('SHOAL_RECORDING_LOCAL'),
    freeSpace: environment.require('SHOAL_FREE_SPACE_MB') * megabyte,
    retention: {
      ...(days !== undefined && { age: days * day }),
      ...(gigabytes !== undefined && { size: gigabytes * 1000 * megabyte }),
    },
    ...(s3Endpoint !== undefined && { s3Endpoint }),
    s3Networks: { allow: environment.require('SHOAL_S3_ALLOW'), deny: environment.require('SHOAL_S3_DENY') },
  };
}
