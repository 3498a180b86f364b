import { integer } from './text-form.ts';
import { variable } from './variable.ts';

/** What one guest or one backend may take of the server: our own additions. */
export const limitVariables = {
  /** Bytes. */
  maxMetadata: variable('SHOAL_MAX_METADATA_KB', {
    description:
      'Maximum size, in KiB of JSON, of the metadata of a peer, of a track, and of all tracks of one offer. A longer update is ignored, which the log says; a peer that connects or publishes with more is closed (1011, with the reason).',
    form: integer(1, 1024),
    default: '64',
  }),
};
