import type { Clock } from '../clock/clock.ts';
import type { Components } from '../component/components.ts';
import type { Gateway } from '../component/sip/gateway-call.ts';
import type { Logger } from '../log/logger.ts';
import type { ProgramOutput } from '../output/program-output.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import type { OpenMedia } from '../storage/media-store.ts';
import { FileTask, type SessionStorage } from './file-task.ts';
import { GatewayTask } from './gateway-task.ts';
import { type CaptureProgram, ProgramCapture } from './program-capture.ts';
import { Session } from './session.ts';
import type { FinishSteps } from './session-media.ts';
import type { SessionRequest, StreamDestination } from './session-request.ts';
import { SessionRooms, type SessionRoomsOptions } from './session-rooms.ts';
import type { SessionTask } from './session-task.ts';
import type { Slot } from './slot.ts';
import { Slots, type SlotsOptions } from './slots.ts';
import { StreamTask } from './stream-task.ts';

/** Creates the outputs of sessions. */
export interface SessionOutputs {
  /** An MP4 file of a medium, complete when the output is closed. @param media undefined: the disk is full @param name without extension */
  openFile(media: OpenMedia | undefined, name: string, logger: Logger): ProgramOutput;
  openStream(destination: StreamDestination, logger: Logger): ProgramOutput;
}

export interface RecordersOptions extends Omit<SessionRoomsOptions, 'clock'> {
  readonly slots: SlotsOptions;
  readonly components: Pick<Components, 'show'>;
  readonly feeds: Pick<ProgramFeeds, 'attach'>;
  readonly outputs: SessionOutputs;
  readonly storage: SessionStorage;
  /** Makes the calls of gateways. Undefined: SIP is not configured. */
  readonly gateway?: Gateway | undefined;
  /** Closed with the recorders. */
  readonly steps: FinishSteps;
  /** Regular expressions that RTMP targets must match. */
  readonly allowList: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Time for finish steps when the server stops, in ms. */
const finishDrain = 2500;

/** The recorders of this server, for any orchestrator: slots, and the sessions that run in them. */
export class Recorders {
  readonly slots: Slots;
  readonly #options: RecordersOptions;
  readonly #rooms: SessionRooms;
  #closing: Promise<void> | undefined;

  constructor(options: RecordersOptions) {
    const { slots } = options;
    this.#options = options;
    this.slots = new Slots(slots);
    this.#rooms = new SessionRooms(options);
  }

  /** Lets sessions find rooms by other names than their ids. @param find the id of the room of this name; undefined: the name is none */
  findCallsBy(find: (name: string) => Promise<string | undefined>): void {
    this.#rooms.findBy = find;
  }

  /** Starts a session in a slot. @returns whether the slot has accepted it */
  start(slot: Slot, request: SessionRequest): boolean {
    const { clock, logger } = this.#options;
    const dependencies = { rooms: this.#rooms, clock, logger };
    return slot.start(() => new Session(request, this.#task(request), dependencies));
  }

  /** Stops every session and waits shortly for finish steps. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  #task({ id, destination }: SessionRequest): SessionTask {
    const { outputs, storage, allowList, gateway, components, feeds, clock, logger } = this.#options;
    const capture: CaptureProgram = (options) => new ProgramCapture({ ...options, components, feeds });
    switch (destination.kind) {
      case 'stream':
        return new StreamTask({ destination, allowList, openStream: (to) => outputs.openStream(to, logger), capture });
      case 'gateway':
        return new GatewayTask({ destination, gateway, clock, logger: logger.child({ sessionId: id }) });
      case 'file': {
        const openFile = (media: OpenMedia | undefined, name: string) => outputs.openFile(media, name, logger);
        return new FileTask({ sessionId: id, destination, storage, openFile, capture, clock, logger });
      }
    }
  }

  async #close(): Promise<void> {
    const { clock, steps } = this.#options;
    const cancel = clock.schedule(finishDrain, () => void steps.close());
    await this.slots.close();
    cancel();
    await steps.close();
  }
}
