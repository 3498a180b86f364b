import { boolean, httpUrl, networks, wholeNumber } from './text-form.ts';
import { variable } from './variable.ts';

/** Recordings and where they are kept: our own additions. */
export const storageVariables = {
  SHOAL_S3_ENDPOINT: variable({
    section: 'S3',
    description: 'URL of an S3-compatible store that takes the place of Amazon S3, for recordings and HLS.',
    schema: httpUrl,
  }),
  SHOAL_S3_ALLOW: variable({
    section: 'S3',
    description:
      'Networks that S3 stores may be in even if denied below. Link-local and cloud metadata addresses stay refused.',
    schema: networks,
    default: '',
  }),
  SHOAL_S3_DENY: variable({
    section: 'S3',
    description:
      'Networks that S3 stores must not be in, such as `127.0.0.0/8 ::1`. Private ones are open otherwise: own stores live there.',
    schema: networks,
    default: '',
  }),
  SHOAL_RECORDING_LOCAL: variable({
    section: 'Storage',
    description: '`true`: Recording components need no S3 credentials; without any, recordings stay on this host.',
    schema: boolean,
    default: 'false',
  }),
  SHOAL_FREE_SPACE_MB: variable({
    section: 'Storage',
    description:
      'Free space, in MB, below which running recordings are ended before the disk is full. 0: no such guard.',
    schema: wholeNumber(0),
    default: '256',
  }),
  SHOAL_RETENTION_DAYS: variable({
    section: 'Storage',
    description:
      'Age, in days, from which finished recordings are deleted, never before they are uploaded; and streams in `hls_uploads`.',
    schema: wholeNumber(1),
    defaultText: 'unset: kept',
  }),
  SHOAL_RETENTION_GB: variable({
    section: 'Storage',
    description:
      'Size of all recordings, in GB, beyond which the oldest finished ones are deleted, never before they are uploaded; the same for `hls_uploads`.',
    schema: wholeNumber(1),
    defaultText: 'unset: no limit',
  }),
};
