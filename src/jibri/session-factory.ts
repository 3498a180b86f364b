import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { ProgramOutput } from '../output/program-output.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import { FileTask } from '../recorder/file-task.ts';
import type { Participant } from '../recorder/participants.ts';
import { Session } from '../recorder/session.ts';
import { sessionFolder } from '../recorder/session-directory.ts';
import type { SessionFiles } from '../recorder/session-files.ts';
import type { TimeLimits } from '../recorder/session-limits.ts';
import type { SessionTask } from '../recorder/session-task.ts';
import { type StreamTarget, streamTarget } from '../recorder/stream-target.ts';
import { StreamTask } from '../recorder/stream-task.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callRoomName } from './call-name.ts';
import type { CallRooms } from './call-rooms.ts';
import { GatewayTask } from './gateway-task.ts';
import { recordingMetadata } from './recording-metadata.ts';
import type { StartRequest } from './start-request.ts';

/** How media leaves; recorder/ has both. */
export interface Outputs {
  /** An MP4 file that is there, complete, when the output is closed. */
  openFile(path: string, logger: Logger): ProgramOutput;
  openStream(target: StreamTarget, logger: Logger): ProgramOutput;
  /** A target without its secrets. */
  redact(url: string): string;
}

export interface SessionFactoryOptions {
  readonly calls: CallRooms;
  readonly feeds: Pick<ProgramFeeds, 'attach'>;
  readonly outputs: Outputs;
  readonly files: SessionFiles;
  /** Regular expressions that RTMP targets must match. */
  readonly allowList: readonly string[];
  readonly limits: TimeLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ms that the call of a gateway may be empty: docs/contracts/jibri.md 9. */
const gatewayCallEmpty = 30 * 60_000;

/** Makes sessions of requests. */
export class SessionFactory {
  readonly #options: SessionFactoryOptions;

  constructor(options: SessionFactoryOptions) {
    this.#options = options;
  }

  /** Whether a request's session has a name to be filed under. */
  accepts({ sinkType, sessionId }: StartRequest): boolean {
    return sinkType !== 'file' || sessionFolder(sessionId) !== '';
  }

  /** @param fixed the room of a slot that belongs to one */
  open(request: StartRequest, fixed: Room<RoomRouter> | undefined): Session {
    const { calls, feeds, limits, clock, logger } = this.#options;
    const { callUrlInfo } = request.callParams;
    const isGateway = request.sinkType === 'gateway';
    return new Session({
      id: request.sessionId,
      service: this.#service(request, fixed?.id ?? callRoomName(callUrlInfo)),
      join: async (signal) => fixed ?? (await calls.join(callUrlInfo, signal)),
      leave: async (room) => {
        if (!fixed) await calls.leave(room);
      },
      feeds,
      limits: isGateway ? { ...limits, callEmpty: gatewayCallEmpty } : limits,
      clock,
      logger,
    });
  }

  #service(request: StartRequest, callName: string): SessionTask {
    const { outputs, files, allowList, clock, logger } = this.#options;
    const target = request.sinkType === 'stream' ? streamTarget(request) : undefined;
    if (target) {
      const openStream = () => outputs.openStream(target, logger);
      return new StreamTask({ target, allowList, openStream, redact: outputs.redact });
    }
    if (request.sinkType === 'gateway') return new GatewayTask();
    const openFile = (path: string) => outputs.openFile(path, logger);
    const metadata = (participants: readonly Participant[]) => recordingMetadata(request, participants);
    const destination = { kind: 'file', name: callName, metadata } as const;
    return new FileTask({ sessionId: request.sessionId, destination, files, openFile, clock, logger });
  }
}
