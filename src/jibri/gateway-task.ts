import type { ProgramOutput } from '../output/program-output.ts';
import { failures } from '../recorder/session-error.ts';
import type { SessionTask } from '../recorder/session-task.ts';

/** A SIP gateway where SIP is not configured: docs/contracts/jibri.md 8. */
export class GatewayTask implements SessionTask {
  async prepare(): Promise<void> {
    throw failures.sipEnded(1);
  }

  open(): ProgramOutput {
    throw failures.sipEnded(1);
  }

  async finish(): Promise<void> {}
}
