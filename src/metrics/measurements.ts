import type { Metadata } from '../room/track.ts';

/** One level of the metrics report: values and lower levels by key. `undefined` members are left out of the JSON. */
export interface Measurements {
  [key: string]: Metadata | Measurements | undefined;
}

/** Whether the key names a level of the report and not a value: a client's metadata may be an object, too. */
export function isLevel(key: string): boolean {
  return key === 'rtx_stream' || /^(room_id|endpoint_id|track_id)=/.test(key);
}
