const sentences = {
  bad_url: 'The source is not an rtsp or rtsps URL with a host',
  connect_failed: 'No connection to the source',
  refused_address: 'The address of the source must not be reached',
  timeout: 'The source did not respond in time',
  not_found: 'The source has no such stream',
  unauthorized: 'The source does not accept the credentials, or wants some',
  unsupported_transport: 'The source offers none of our transports',
  refused: 'The source refused a request',
  redirected: 'The source redirects too often, or to nowhere',
  port_in_use: 'The RTP port is taken',
  no_media: 'The source has no H264 video and no usable audio',
  invalid_response: 'The source speaks no RTSP that we understand',
  closed: 'The source closed the connection',
  rtp_timeout: 'The source stopped sending media',
  undecodable_video: 'The source sends no video that can be decoded',
  undecodable_audio: 'The source sends no audio that can be decoded',
  transcoder_failed: 'The process that reworks the source ended',
} as const;

/** Why a source is not or no longer received, as logged. */
export type RtspErrorCode = keyof typeof sentences;

/** An error of an RTSP source. It contains neither the URL nor text of the server, which may hold secrets. */
export class RtspError extends Error {
  readonly code: RtspErrorCode;
  /** The system's code, such as `ECONNREFUSED`, or the status of the response. */
  readonly reason: string | undefined;

  constructor(code: RtspErrorCode, reason?: string | number) {
    super(`${sentences[code]}${reason === undefined ? '' : ` (${reason})`}`);
    this.name = 'RtspError';
    this.code = code;
    this.reason = reason === undefined ? undefined : String(reason);
  }
}
