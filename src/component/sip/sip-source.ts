import type { ComponentSource } from '../../room/component.ts';

/** What runs behind a component of type `sip`: docs/contracts/fishjam-rest.md 7. */
export interface SipSource extends ComponentSource {
  /** Calls a number. Returns at once; what goes wrong crashes the component. */
  dial(phoneNumber: string): void;
  /** Ends the call, if there is one. */
  hangUp(): void;
}
