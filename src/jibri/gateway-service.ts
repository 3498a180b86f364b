import type { ProgramOutput } from '../recorder/program-output.ts';
import { failures } from './session-error.ts';
import type { SessionService } from './session-service.ts';

/** A SIP gateway where SIP is not configured: it ends as the contract's section 8 says. */
export class GatewayService implements SessionService {
  async prepare(): Promise<void> {
    throw failures.sipEnded(1);
  }

  open(): ProgramOutput {
    throw failures.sipEnded(1);
  }

  async finish(): Promise<void> {}
}
