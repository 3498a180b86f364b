/**
 * Every error that a user of the server can see: code, HTTP status, wire text.
 * Existing clients compare these texts, so they are defined here and nowhere else. `jellyfish` is the text in Jellyfish mode, where
 * Jellyfish's was another one: docs/contracts/fishjam-rest.md 13.
 */
export const errorTable = {
  missingToken: { status: 401, text: () => 'Missing token' },
  invalidToken: { status: 401, text: () => 'Invalid token' },
  invalidBody: { status: 400, text: () => 'Invalid request body structure' },

  serverStopping: { status: 503, text: () => 'The server is stopping' },
  databaseUnavailable: { status: 503, text: (reason: string) => `The database is not available: ${reason}` },
  serverLimitReached: {
    status: 503,
    text: (what: string, limit: string) => `Reached the limit of ${limit} ${what} on this server`,
  },

  roomNotFound: { status: 404, text: (roomId: string) => `Room ${roomId} does not exist` },
  roomExists: {
    status: 400,
    text: (roomId: string) => `Cannot add room with id "${roomId}" - room already exists`,
  },
  invalidRoomId: {
    status: 400,
    text: (value: string) =>
      `Cannot add room with id "${value}" - roomId may contain only alphanumeric characters, hyphens and underscores`,
    jellyfish: (value: string) =>
      `Cannot add room with id "${value}" - roomId may contain only alphanumeric characters and hyphens`,
  },
  invalidMaxPeers: { status: 400, text: (value: string) => `Expected maxPeers to be a number, got: ${value}` },
  invalidVideoCodec: {
    status: 400,
    text: (value: string) => `Expected videoCodec to be 'h264' or 'vp8', got: ${value}`,
  },
  invalidWebhookUrl: { status: 400, text: (value: string) => `Expected webhookUrl to be valid URL, got: ${value}` },
  invalidPeerlessPurgeTimeout: {
    status: 400,
    text: (value: string) => `Expected peerlessPurgeTimeout to be a positive integer, got: ${value}`,
  },
  invalidPeerDisconnectedTimeout: {
    status: 400,
    text: (value: string) => `Expected peerDisconnectedTimeout to be a positive integer, got: ${value}`,
  },

  noMediaWorker: { status: 503, text: () => 'No media worker responds' },

  peerNotFound: { status: 404, text: (peerId: string) => `Peer ${peerId} does not exist` },
  invalidPeerType: { status: 400, text: () => 'Invalid peer type' },
  peersDisabled: { status: 400, text: () => 'Peers of type webrtc are disabled on this Fishjam' },
  peerLimitReached: {
    status: 503,
    text: (roomId: string) => `Reached webrtc peers limit in room ${roomId}`,
    jellyfish: (roomId: string) => `Reached peer limit in room ${roomId}`,
  },
  peerAlreadyConnected: { status: 400, text: () => 'peer already connected' },

  componentNotFound: { status: 404, text: (componentId: string) => `Component ${componentId} does not exist` },
  /** The subscribe and SIP routes respond with 400 where the delete route responds with 404. */
  componentNotAddressable: { status: 400, text: (componentId: string) => `Component ${componentId} does not exist` },
  invalidComponentType: { status: 400, text: () => 'Invalid component type' },
  componentsDisabled: {
    status: 400,
    text: (type: string) => `Components of type ${type} are disabled on this Fishjam`,
  },
  incompatibleCodec: {
    status: 400,
    text: (roomId: string) => `Incompatible video codec enforced in room ${roomId}`,
  },
  componentLimitReached: {
    status: 400,
    text: (type: string, roomId: string) => `Reached ${type} components limit in room ${roomId}`,
    jellyfish: (type: string, roomId: string) => `Reached ${type} components limit for component in room ${roomId}`,
  },
  /** An addition: the reference responded with 500, which tells nobody to try again. */
  componentLate: {
    status: 503,
    text: (type: string, roomId: string) =>
      `Component of type ${type} did not start in time in room ${roomId}, the server is busy`,
  },
  subscribeUnsupported: {
    status: 400,
    text: () => 'Subscribe mode is supported only for HLS and Recording components',
  },
  subscribeModeAuto: {
    status: 400,
    text: (componentId: string) => `Component ${componentId} option \`subscribe_mode\` is set to :auto`,
  },

  /** A required component option is missing. */
  optionMissing: { status: 400, text: (name: string) => `Required field "${name}" missing` },
  invalidFramerate: { status: 400, text: () => 'Invalid framerate passed' },
  framerateOfAudio: {
    status: 400,
    text: () => 'Attempted to set framerate for audio component which is not supported.',
  },
  invalidFilePath: { status: 400, text: () => 'Invalid file path' },
  unsupportedFileType: { status: 400, text: () => 'Unsupported file type' },
  missingS3Credentials: {
    status: 400,
    text: () => 'S3 credentials has to be passed either by request or at application startup as envs',
  },
  conflictingS3Credentials: {
    status: 400,
    text: () =>
      'Conflicting S3 credentials supplied via environment variables and the REST API. Overrides on existing values are disallowed',
  },
  conflictingS3PathPrefix: {
    status: 400,
    text: () =>
      'Conflicting S3 path prefix supplied via environment variables and the REST API. Overrides on existing values are disallowed',
  },

  notSipForCall: { status: 400, text: (componentId: string) => `Component ${componentId} is not a SIP component` },
  /** Without "a": the reference spells it differently on the two routes. */
  notSipForHangUp: { status: 400, text: (componentId: string) => `Component ${componentId} is not SIP component` },

  noCall: { status: 409, text: (componentId: string) => `Component ${componentId} has no call that was answered` },
  invalidDtmf: {
    status: 400,
    text: () => 'Expected 1 to 64 digits of 0-9*#ABCD',
  },
  dtmfUnsupported: {
    status: 409,
    text: (componentId: string) => `The telephone of component ${componentId} takes no DTMF`,
  },

  invalidOutputType: { status: 400, text: () => 'Invalid output type' },
  invalidRtmpUrl: { status: 400, text: () => 'Invalid RTMP URL, or one that is not allowed' },
  outputNotFound: { status: 404, text: (outputId: string) => `Output ${outputId} does not exist` },
  outputLimitReached: { status: 400, text: (roomId: string) => `Reached outputs limit in room ${roomId}` },

  recordingsUnavailable: { status: 404, text: () => 'Unable to obtain recordings' },
  recordingNotFound: { status: 404, text: () => 'Recording not found' },
  invalidRecordingId: { status: 400, text: (id: string) => `Invalid recording id, got: ${id}` },
  invalidRecording: { status: 400, text: (id: string) => `Invalid recording, got: ${id}` },
  /** RFC 8216bis section 6.2.5.2 requires this and the next error; the reference waits without a limit. */
  playlistTooFarAhead: { status: 400, text: () => 'Playlist position too far ahead' },
  playlistLate: { status: 503, text: () => 'Playlist position not reached in time' },
  fileNotFound: { status: 404, text: () => 'File not found' },
  invalidRecordingFilename: { status: 400, text: (name: string) => `Invalid filename, got: ${name}` },
  /** Without a colon after "got", unlike on the recording route. */
  invalidHlsFilename: { status: 400, text: (name: string) => `Invalid filename, got ${name}` },
} as const;
