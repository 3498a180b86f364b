import type { JibriConfig } from '../config/jibri.ts';
import type { RecordersOptions } from '../recorder/recorders.ts';

/** What the variables of Jibri say about recorders: docs/contracts/jibri.md 12. */
export function recorderSettings({ instanceId: id, slots: count, singleUse, allowList, autoCreateRoom }: JibriConfig) {
  const slots: RecordersOptions['slots'] = { id, count, singleUse };
  return { slots, allowList, autoCreate: autoCreateRoom };
}
