import type { Secret } from '../config/secret.ts';
import type { Conference, User } from './conference.ts';

/** How one comes into a conference: docs/contracts/jitsi-admin.md 5. */
export class JoinLinks {
  /** @param key signs personal links */
  constructor(key: Secret) {
    void key;
  }

  /** The personal link of a participant, as mails have it: `<address>/join/<slug>?data=…&sig=…`. */
  personal(conference: Conference, user: User): string {
    void [conference, user];
    return '';
  }
}
