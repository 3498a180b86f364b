export type CallDirection = 'outgoing' | 'incoming';

/** `pending`: waits for the registration. */
export type SipCallState = 'pending' | 'calling' | 'ringing' | 'in_call' | 'held' | 'ended';

/** Why a call ended. */
export type CallEndReason =
  | 'busy'
  | 'declined'
  | 'not_found'
  | 'unavailable'
  | 'no_common_codec'
  /** Ring timeout. */
  | 'no_answer'
  /** Ended before it was answered, by us or, if it is an incoming one, by the caller. */
  | 'cancelled'
  /** Ended by the API. */
  | 'user_hangup'
  | 'remote_hangup'
  /** The last audio track of the room is gone. */
  | 'room_without_audio'
  /** The component was deleted, the room ended or the server stopped. */
  | 'component_closed'
  /** Neither RTP nor RTCP for 30 s, not on hold. */
  | 'media_timeout'
  /** No response for 32 s, or none of the registrar while the call waited for it. */
  | 'timeout'
  | 'unauthorized'
  | 'unreachable'
  /** Any other refusal. */
  | 'rejected'
  | 'bad_number'
  /** Something of ours failed. */
  | 'failed';

export interface CallEnd {
  readonly reason: CallEndReason;
  /** Status of the SIP response that ended it. */
  readonly status?: number;
}
