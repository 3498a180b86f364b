import { integerWithin } from './text-form.ts';
import { variable } from './variable.ts';

/** What one guest or one backend may take of the server: our own additions. */
export const limitVariables = {
  /** Bytes. */
  maxMetadata: variable('SHOAL_MAX_METADATA_KB', {
    description:
      'Maximum size, in KiB of JSON, of the metadata of a peer, and of that of all its tracks together. A longer update is ignored, which the log says; a peer that connects or publishes with more is closed (1011, with the reason).',
    form: integerWithin(1, 4096, 1024),
    default: '64',
  }),
  rooms: variable('SHOAL_MAX_ROOMS', {
    description: 'Maximum number of rooms; another one is refused (503, with the reason).',
    form: integerWithin(1, 1_000_000),
    default: '10000',
  }),
  peers: variable('SHOAL_MAX_PEERS', {
    description:
      'Maximum number of peers of all rooms, connected or not; another one is refused (503, with the reason).',
    form: integerWithin(1, 1_000_000),
    default: '20000',
  }),
  components: variable('SHOAL_MAX_COMPONENTS', {
    description: 'Maximum number of components of all rooms; another one is refused (503, with the reason).',
    form: integerWithin(1, 1_000_000),
    default: '1000',
  }),
};
