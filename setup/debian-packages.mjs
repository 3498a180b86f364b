/**
 * @typedef {object} Requirement
 * @property {string} name Debian package
 * @property {string} reason what it is needed for
 * @property {{ program: string, versions?: string } | { module: string }} proof what shows that the machine has it though dpkg does not
 *   know: a program on the PATH, or in the folder `bin` of some version, or a pkg-config module
 * @property {string} [service] systemd unit that the package enables and that nothing of ours needs
 */

/** Needed while the server runs. @type {Requirement[]} */
export const RUNTIME_PACKAGES = [
  {
    name: 'coturn',
    reason: 'TURN server for peers behind strict firewalls',
    proof: { program: 'turnserver' },
    service: 'coturn.service',
  },
  { name: 'ffmpeg', reason: 'transcoding, HLS and RTMP output', proof: { program: 'ffmpeg' } },
];

/** Needed to build the mediasoup worker. @type {Requirement[]} */
export const WORKER_BUILD_PACKAGES = [
  { name: 'g++', reason: 'compiles the worker', proof: { program: 'g++' } },
  { name: 'cmake', reason: 'describes the build of the worker', proof: { program: 'cmake' } },
  { name: 'ninja-build', reason: 'runs the build of the worker', proof: { program: 'ninja' } },
  { name: 'patch', reason: 'applies our changes to the worker', proof: { program: 'patch' } },
  { name: 'pkg-config', reason: 'finds the libraries of the worker', proof: { program: 'pkg-config' } },
  { name: 'flatbuffers-compiler', reason: "generates the worker's messages", proof: { program: 'flatc' } },
  { name: 'libflatbuffers-dev', reason: "the worker's messages", proof: { module: 'flatbuffers' } },
  { name: 'libabsl-dev', reason: "the worker's bandwidth estimation", proof: { module: 'absl_strings' } },
  {
    name: 'libsrtp2-dev',
    reason: "the worker's SRTP where libsrtp cannot be built with OpenSSL",
    proof: { module: 'libsrtp2' },
  },
  { name: 'xz-utils', reason: "unpacks Debian's changes of libsrtp", proof: { program: 'xz' } },
  { name: 'libssl-dev', reason: "the worker's DTLS", proof: { module: 'openssl' } },
  { name: 'libuv1-dev', reason: "the worker's event loop", proof: { module: 'libuv' } },
];

const gstreamer = { program: 'gst-inspect-1.0' };

/** Needed by the tests only. @type {Requirement[]} */
export const TEST_PACKAGES = [
  { name: 'chromium', reason: 'the browser that real clients are tested in', proof: { program: 'chromium' } },
  { name: 'fonts-dejavu-core', reason: 'chromium starts without text otherwise', proof: { program: 'chromium' } },
  { name: 'libnginx-mod-rtmp', reason: 'the RTMP server that streams are tested with', proof: { program: 'nginx' } },
  { name: 'python3-gi', reason: 'runs the RTSP camera of the tests', proof: { program: 'python3' } },
  { name: 'gir1.2-gst-rtsp-server-1.0', reason: "the camera's RTSP server", proof: gstreamer },
  { name: 'gstreamer1.0-plugins-base', reason: "the camera's video and audio", proof: gstreamer },
  { name: 'gstreamer1.0-plugins-good', reason: "the camera's RTP and MP4", proof: gstreamer },
  { name: 'gstreamer1.0-plugins-bad', reason: "the camera's H264 parser", proof: gstreamer },
  { name: 'gstreamer1.0-plugins-ugly', reason: "the camera's H264 encoder", proof: gstreamer },
  { name: 'gstreamer1.0-libav', reason: "the camera's AAC encoder", proof: gstreamer },
  {
    name: 'kamailio',
    reason: 'the SIP registrar of the tests',
    proof: { program: 'kamailio' },
    service: 'kamailio.service',
  },
  { name: 'kamailio-tls-modules', reason: "the registrar's TLS", proof: { program: 'kamailio' } },
  { name: 'baresip-core', reason: 'the telephones of the tests', proof: { program: 'baresip' } },
  {
    name: 'python3-aiosmtpd',
    reason: 'the mail server of the tests',
    proof: { program: 'aiosmtpd' },
  },
  { name: 'python3-icalendar', reason: 'reads the calendars of mails', proof: { program: 'icalendar' } },
  {
    name: 'postgresql',
    reason: 'the other database of the tests',
    proof: { program: 'postgres', versions: '/usr/lib/postgresql' },
    service: 'postgresql.service',
  },
  { name: 'sip-tester', reason: 'strangers who flood the SIP port in tests', proof: { program: 'sipp' } },
];

/** Needed by the measurements only: what records a room with a browser, to compare with. @type {Requirement[]} */
export const BENCH_PACKAGES = [
  { name: 'xvfb', reason: 'the screen of a browser that is recorded', proof: { program: 'Xvfb' } },
  { name: 'pulseaudio', reason: 'its loudspeaker', proof: { program: 'pulseaudio' } },
];
