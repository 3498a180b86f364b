import type { Environment } from './environment.ts';
import { s3NetworkVariables } from './networks.ts';
import { boolean, httpUrl, integer } from './text-form.ts';
import { variable } from './variable.ts';

const megabyte = 1_000_000;
const day = 24 * 60 * 60 * 1000;

export const s3EndpointVariable = variable('SHOAL_S3_ENDPOINT', {
  description: 'URL of an S3-compatible store that replaces Amazon S3, for recordings and HLS.',
  form: httpUrl,
});

/** Recordings and where they are kept: our own additions. */
export const storageVariables = {
  localRecordings: variable('SHOAL_RECORDING_LOCAL', {
    description: '`true`: Recording components need no S3 credentials; without any, recordings stay on this host.',
    form: boolean,
    default: 'false',
  }),
  /** Bytes. */
  freeSpace: variable('SHOAL_FREE_SPACE_MB', {
    description: 'Free space, in MB, below which running recordings are ended before the disk is full. 0: never.',
    form: integer(0, megabyte),
    default: '256',
  }),
};

/** How long finished media is kept; for ever where unset. */
export const retentionVariables = {
  /** Milliseconds. */
  age: variable('SHOAL_RETENTION_DAYS', {
    description:
      'Age, in days, from which finished recordings, outputs and recorder sessions are deleted, never before they are uploaded; and streams in `hls_uploads`, even before.',
    form: integer(1, day),
    defaultText: 'unset: kept',
  }),
  /** Bytes. */
  size: variable('SHOAL_RETENTION_GB', {
    description:
      'Total size, in GB, of finished recordings, outputs, recorder sessions and streams in `hls_uploads`, beyond which the oldest of them are deleted, as by age.',
    form: integer(1, 1000 * megabyte),
    defaultText: 'unset: no limit',
  }),
};

export function readStorage(environment: Environment) {
  return {
    ...environment.readAll({ s3Endpoint: s3EndpointVariable, ...storageVariables }),
    s3Networks: environment.readAll(s3NetworkVariables),
    retention: environment.readAll(retentionVariables),
  };
}
