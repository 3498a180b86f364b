import type { ProgramOutput } from '../output/program-output.ts';
import { SessionFailure } from './session-failure.ts';
import type { SessionTask } from './session-task.ts';

/** Fails a SIP gateway session when SIP is not configured. */
export class GatewayTask implements SessionTask {
  async prepare(): Promise<void> {
    throw new SessionFailure('gateway');
  }

  open(): ProgramOutput {
    throw new SessionFailure('gateway');
  }

  async finish(): Promise<void> {}
}
