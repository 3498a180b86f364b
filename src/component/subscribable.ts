import type { ComponentSource } from '../room/component.ts';

/** `auto`: every track of the room; `manual`: those of chosen endpoints. */
export type SubscribeMode = 'auto' | 'manual';

/** A component that receives tracks of its room: docs/contracts/fishjam-rest.md 6.8. */
export interface Subscribable extends ComponentSource {
  readonly subscribeMode: SubscribeMode;
  /** Subscribes to the tracks of these endpoints, present and future ones. Unknown ids are remembered. Cannot be undone. */
  subscribe(origins: readonly string[]): void;
}

export function isSubscribable(source: ComponentSource): source is Subscribable {
  return 'subscribe' in source;
}
