import type { Clock } from '../clock/clock.ts';
import type { Gateway } from '../component/sip/gateway-call.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Logger } from '../log/logger.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { GatewayCapture } from './gateway-capture.ts';
import type { CaptureObserver, SessionCapture } from './session-capture.ts';
import { SessionFailure } from './session-failure.ts';
import type { GatewayDestination } from './session-request.ts';
import type { SessionTask } from './session-task.ts';

export interface GatewayTaskOptions {
  readonly destination: GatewayDestination;
  /** Undefined: SIP is not configured. */
  readonly gateway: Gateway | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Brings a telephone into a room. No program is made for it. */
export class GatewayTask implements SessionTask {
  readonly #options: GatewayTaskOptions;

  constructor(options: GatewayTaskOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    this.#gateway;
  }

  async open(room: Room<RoomRouter>, observer: CaptureObserver): Promise<SessionCapture> {
    const { destination, clock, logger } = this.#options;
    const call = await this.#gateway.open(room, destination.call).catch((error: unknown) => {
      // The room has ended meanwhile.
      throw error instanceof ShoalError ? new SessionFailure('gateway', error.message) : error;
    });
    return new GatewayCapture({ room, call, observer, answerTimeout: destination.answerTimeout, clock, logger });
  }

  /** Nothing remains to be done. */
  async finish(): Promise<void> {}

  /** @throws SessionFailure */
  get #gateway(): Gateway {
    const { gateway } = this.#options;
    if (!gateway) throw new SessionFailure('gateway', 'SIP is not configured');
    return gateway;
  }
}
