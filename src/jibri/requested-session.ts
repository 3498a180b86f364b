import type { JibriConfig } from '../config/jibri.ts';
import type { RequestedStream } from '../output/rtmp/rtmp-target.ts';
import type { TimeLimits } from '../recorder/session-limits.ts';
import type { CallRoom, Destination, SessionRequest, StreamDestination } from '../recorder/session-request.ts';
import type { SlotCustomer } from '../recorder/slot.ts';
import { callRoom, callRoomName, isLocalCall } from './call-name.ts';
import { customerRoom } from './customer-call.ts';
import { recordingMetadata } from './recording-finish.ts';
import { requestedGateway } from './requested-gateway.ts';
import type { SlotAddress } from './slot-address.ts';
import type { CallUrlInfo, StartRequest } from './start-request.ts';

/** Time that the call of a gateway may be empty, in ms: docs/contracts/jibri.md 9. */
const gatewayCallEmpty = 30 * 60_000;
const youTube = 'rtmp://a.rtmp.youtube.com/live2/';
const isRtmp = (text: string) => /^rtmps?:\/\//i.test(text);

/** Converts a start request to a session request. */
export function requestedSession(
  request: StartRequest,
  { slot, room }: SlotAddress,
  { callHosts, limits }: Pick<JibriConfig, 'callHosts' | 'limits'>,
): SessionRequest {
  const { callUrlInfo } = request.callParams;
  const name = callRoomName(callUrlInfo);
  const to = destination(request, room?.id ?? name);
  // Sessions of two customers with the same id are not to share a directory.
  const hasFolder = slot.customer !== undefined && to.kind === 'file';
  return {
    id: request.sessionId,
    room: room ?? requestedRoom(callUrlInfo, slot.customer, callHosts),
    destination: hasFolder ? { ...to, directory: `${slot.id}_${request.sessionId}` } : to,
    limits: sessionLimits(request, limits),
  };
}

function requestedRoom(
  call: CallUrlInfo,
  customer: SlotCustomer | undefined,
  callHosts: readonly string[],
): CallRoom | undefined {
  if (customer) return customerRoom(call, customer);
  return isLocalCall(call, callHosts) ? callRoom(call) : undefined;
}

function destination(request: StartRequest, name: string): Destination {
  const { sinkType } = request;
  const target = sinkType === 'stream' ? requestedTarget(request) : undefined;
  if (target) return target;
  if (sinkType === 'gateway') return requestedGateway(request);
  return { kind: 'file', name, metadata: (participants) => recordingMetadata(request, participants) };
}

function sessionLimits({ sinkType }: StartRequest, limits: TimeLimits): TimeLimits {
  return sinkType === 'gateway' ? { ...limits, callEmpty: gatewayCallEmpty } : limits;
}

/** The stream of a request, by the rules of docs/contracts/jibri.md 7. @returns undefined when the request names none */
export function requestedTarget(
  request: Pick<StartRequest, 'rtmpUrl' | 'youTubeStreamKey' | 'username' | 'password'>,
): StreamDestination | undefined {
  const { username, password } = request;
  // An empty text counts as absent.
  const target = streamTarget(request.rtmpUrl || undefined, request.youTubeStreamKey || undefined);
  if (target === undefined) return undefined;
  return { kind: 'stream', ...target, ...(username && password && { credentials: { username, password } }) };
}

function streamTarget(rtmpUrl: string | undefined, key: string | undefined): RequestedStream | undefined {
  if (key === undefined) return rtmpUrl === undefined ? undefined : { url: rtmpUrl };
  if (isRtmp(key)) return { url: key };
  const base = rtmpUrl ?? youTube;
  return { url: base.endsWith('/') ? base + key : `${base}/${key}`, streamKey: key };
}
