import type { Participant } from '../recorder/participants.ts';
import { meetingUrl } from './call-name.ts';
import { additionalMetadata, type StartRequest } from './start-request.ts';

/** The content of `metadata.json`: docs/contracts/jibri.md 6.3. */
export function recordingMetadata(
  request: StartRequest,
  participants: readonly Participant[],
): Readonly<Record<string, unknown>> {
  return {
    meeting_url: meetingUrl(request.callParams.callUrlInfo),
    participants: participants.map(({ id, name, metadata }) => ({ user: { id, name }, metadata })),
    ...additionalMetadata(request),
  };
}
