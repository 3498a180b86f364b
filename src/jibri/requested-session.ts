import type { JibriConfig } from '../config/jibri.ts';
import type { TimeLimits } from '../recorder/session-limits.ts';
import type { Destination, SessionRequest } from '../recorder/session-request.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callRoomName, isLocalCall } from './call-name.ts';
import { recordingMetadata } from './recording-finish.ts';
import { requestedTarget } from './requested-target.ts';
import type { StartRequest } from './start-request.ts';

/** Time that the call of a gateway may be empty, in ms: docs/contracts/jibri.md 9. */
const gatewayCallEmpty = 30 * 60_000;

/** Converts a start request to a session request. @param fixed the room of a slot that belongs to one */
export function requestedSession(
  request: StartRequest,
  fixed: Room<RoomRouter> | undefined,
  { callHosts, limits }: Pick<JibriConfig, 'callHosts' | 'limits'>,
): SessionRequest {
  const { callUrlInfo } = request.callParams;
  const name = callRoomName(callUrlInfo);
  return {
    id: request.sessionId,
    room: fixed ?? (isLocalCall(callUrlInfo, callHosts) ? name : undefined),
    destination: destination(request, fixed?.id ?? name),
    limits: sessionLimits(request, limits),
  };
}

function destination(request: StartRequest, name: string): Destination {
  const { sinkType, sipClientParams } = request;
  const target = sinkType === 'stream' ? requestedTarget(request) : undefined;
  if (target) return target;
  if (sinkType === 'gateway') return { kind: 'gateway', sipAddress: sipClientParams?.sipAddress ?? '' };
  return { kind: 'file', name, metadata: (participants) => recordingMetadata(request, participants) };
}

function sessionLimits({ sinkType }: StartRequest, limits: TimeLimits): TimeLimits {
  return sinkType === 'gateway' ? { ...limits, callEmpty: gatewayCallEmpty } : limits;
}
