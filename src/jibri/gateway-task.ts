import type { ProgramOutput } from '../recorder/program-output.ts';
import { failures } from './session-error.ts';
import type { SessionTask } from './session-task.ts';

/** A SIP gateway where SIP is not configured: it ends as the contract's section 8 says. */
export class GatewayTask implements SessionTask {
  async prepare(): Promise<void> {
    throw failures.sipEnded(1);
  }

  open(): ProgramOutput {
    throw failures.sipEnded(1);
  }

  async finish(): Promise<void> {}
}
