import { inspect } from 'node:util';
import t from 'tap';
import { type Machine, readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';

const machine: Partial<Machine> = {
  workingDirectory: '/app',
  hostname: 'box',
  cores: 6,
  addresses: ['127.0.0.1', '::1', '10.1.2.3', 'fe80::1', 'fd00::3'],
  lookup: async (name) => {
    if (name === 'media.example.com') return '10.9.9.9';
    throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
  },
  randomBytes: (size) => Buffer.alloc(size, 7),
};
const read = (record: Record<string, string>) => readConfig(record, machine);
const token = 'a-token-that-is-long-enough';
const production = { NODE_ENV: 'production', FJ_SERVER_API_TOKEN: token };

t.test('outside production everything has a default', async (t) => {
  const config = await read({});
  t.equal(config.serverApiToken.reveal(), 'development');
  t.equal(config.secretKeyBase.reveal(), Buffer.alloc(48, 7).toString('base64'));
  t.match(config, {
    production: false,
    jellyfish: false,
    warnings: [],
    host: '127.0.0.1:5002',
    http: { ip: '127.0.0.1', port: 5002, tls: undefined, checkOrigin: { kind: 'any' } },
    componentsUsed: undefined,
    sip: undefined,
    s3: undefined,
    storage: {
      ...{ s3Endpoint: undefined, localRecordings: false, freeSpace: 256_000_000, retention: {} },
      s3Networks: { allow: [], deny: [] },
    },
    resourcesBasePath: '/app/fishjam_resources',
    metrics: { ip: '127.0.0.1', port: 9568 },
    log: { level: 'info', structured: false },
    gitCommit: 'dev',
    webrtc: {
      used: true,
      announcedIp: '127.0.0.1',
      listenIp: '127.0.0.1',
      privateIp: undefined,
      portRange: { min: 50_000, max: 59_999 },
      tcpPort: undefined,
    },
    distribution: { enabled: false, mode: 'sname' },
    workers: { count: 6, webRtcServer: false },
    turn: { mode: 'embedded', tls: undefined },
    webhook: { secret: undefined, connectTimeoutMs: 8000, answerTimeoutMs: 5000, retryMs: 60_000, queueLength: 1000 },
    outbound: { allow: [], deny: [] },
    rtsp: { allow: [], deny: [], verifyTls: true },
    demo: true,
  });
});

t.test('a production configuration is read', async (t) => {
  const config = await read(production);
  t.match(config, {
    production: true,
    host: '127.0.0.1:8080',
    http: { port: 8080, checkOrigin: { kind: 'configured-host' } },
    demo: false,
  });
  t.same(config.componentsUsed, new Set());
  t.match(config.warnings, [/^FJ_SECRET_KEY_BASE is unset/]);
});

t.test('every failure has its text', async (t) => {
  const ssl = (set: string, unset: string) => `${set} has been set but ${unset} remains unset`;
  const s3 = (missing: string) =>
    'Either all S3 credentials have to be set: `FJ_S3_BUCKET`, `FJ_S3_REGION`, `FJ_S3_ACCESS_KEY_ID`, `FJ_S3_SECRET_ACCESS_KEY`, ' +
    `or none must be set. Currently, the following required credentials are missing: [${missing}].`;
  const missingToken =
    'environment variable FJ_SERVER_API_TOKEN is missing. FJ_SERVER_API_TOKEN is used for HTTP requests and server WebSocket authorization.';
  const range = (value: string) =>
    `Bad FJ_WEBRTC_TURN_PORT_RANGE environment variable value. Expected "from-to", where \`from\` and \`to\` are numbers between 0 and 65535 and \`from\` is not bigger than \`to\`, got: ${value}`;
  const badPort = (name: string, value: string) =>
    `Bad ${name} environment variable value. Expected valid port number, got: ${value}`;
  const distribution = { FJ_DIST_ENABLED: 'true' };
  const failures: [Record<string, string>, string][] = [
    [{ NODE_ENV: 'production' }, missingToken],
    [{ NODE_ENV: 'production', JF_PORT: '1' }, missingToken.replaceAll('FJ_', 'JF_')],
    [
      { NODE_ENV: 'production', FJ_SERVER_API_TOKEN: 'fifteen letters' },
      'environment variable FJ_SERVER_API_TOKEN is too short: in production it needs at least 16 characters.',
    ],
    [
      { ...production, FJ_SECRET_KEY_BASE: 'x'.repeat(31) },
      'environment variable FJ_SECRET_KEY_BASE is too short: in production it needs at least 32 characters.',
    ],
    [
      { ...production, SHOAL_WEBHOOK_SECRET: 'fifteen letters' },
      'environment variable SHOAL_WEBHOOK_SECRET is too short: in production it needs at least 16 characters.',
    ],
    [
      { FJ_SERVER_API_TOKEN: '' },
      'environment variable FJ_SERVER_API_TOKEN is too short: it needs at least 1 characters.',
    ],
    [{ FJ_IP: 'localhost' }, 'Bad FJ_IP environment variable value. Expected valid ip address, got: localhost"'],
    [{ FJ_IP: '' }, 'Bad FJ_IP environment variable value. Expected valid ip address, got: "'],
    [{ FJ_PORT: '65536' }, badPort('FJ_PORT', '65536')],
    [{ FJ_PORT: '0' }, badPort('FJ_PORT', '0')],
    [{ FJ_PORT: '' }, badPort('FJ_PORT', '')],
    [{ JF_PORT: 'x1' }, badPort('JF_PORT', 'x1')],
    [{ FJ_METRICS_PORT: 'no' }, badPort('FJ_METRICS_PORT', 'no')],
    [{ FJ_SSL_KEY_PATH: 'k' }, ssl('FJ_SSL_KEY_PATH', 'FJ_SSL_CERT_PATH')],
    [{ FJ_SSL_CERT_PATH: 'c' }, ssl('FJ_SSL_CERT_PATH', 'FJ_SSL_KEY_PATH')],
    [
      { FJ_STRUCTURED_LOGGING: 'yes' },
      'Bad FJ_STRUCTURED_LOGGING environment variable value. Expected true or false, got: yes',
    ],
    [{ FJ_WEBRTC_USED: '' }, 'Bad FJ_WEBRTC_USED environment variable value. Expected true or false, got: '],
    [
      { FJ_COMPONENTS_USED: 'hls HLS' },
      'Invalid value in FJ_COMPONENTS_USED. Expected a lowercase component name, got: HLS',
    ],
    [{ FJ_COMPONENTS_USED: 'sip' }, 'SIP components are allowed, but incorrect IP address was provided as `FJ_SIP_IP`'],
    [
      { JF_SIP_USED: 'true', JF_SIP_IP: 'x' },
      'JF_SIP_USED has been set to true but incorrect IP address was provided as `JF_SIP_IP`',
    ],
    [
      { FJ_WEBRTC_TURN_IP: 'x.org' },
      'Bad FJ_WEBRTC_TURN_IP environment variable value. Expected valid ip address, got: x.org"',
    ],
    [{ FJ_WEBRTC_TURN_LISTEN_IP: 'nowhere' }, "Couldn't resolve nowhere, reason: ENOTFOUND."],
    [{ FJ_WEBRTC_TURN_PORT_RANGE: '2-1' }, range('2-1')],
    [{ FJ_WEBRTC_TURN_PORT_RANGE: '1-65536' }, range('1-65536')],
    [{ FJ_WEBRTC_TURN_PORT_RANGE: '5000' }, range('5000')],
    [{ FJ_S3_BUCKET: 'b' }, s3('"FJ_REGION", "FJ_ACCESS_KEY_ID", "FJ_SECRET_ACCESS_KEY"')],
    [{ FJ_S3_REGION: 'r', FJ_S3_ACCESS_KEY_ID: 'a', FJ_S3_SECRET_ACCESS_KEY: 's' }, s3('"FJ_BUCKET"')],
    [{ FJ_DIST_MODE: 'x' }, 'Invalid FJ_DIST_MODE. Expected sname or name, got: x'],
    [
      { ...distribution, FJ_DIST_STRATEGY_NAME: 'EPMD' },
      'FJ_DIST_ENABLED has been set but unknown FJ_DIST_STRATEGY was provided. Availabile strategies are EPMD or DNS, provided strategy name was: "EPMD"',
    ],
    [
      { ...distribution, FJ_DIST_NODE_NAME: 'a@b@c' },
      'FJ_DIST_NODE_NAME has to be in form of <nodename>@<hostname>. Got: a@b@c',
    ],
    [{ ...distribution, FJ_DIST_STRATEGY_NAME: 'DNS' }, 'DNS strategy requires `FJ_DIST_MODE` to be `name`'],
    [
      { ...distribution, FJ_DIST_STRATEGY_NAME: 'DNS', FJ_DIST_MODE: 'name' },
      'FJ_DIST_QUERY is required by DNS strategy',
    ],
    [
      {
        ...distribution,
        FJ_DIST_STRATEGY_NAME: 'DNS',
        FJ_DIST_MODE: 'name',
        FJ_DIST_QUERY: 'app',
        FJ_DIST_POLLING_INTERVAL: '0',
      },
      '`FJ_DIST_POLLING_INTERVAL` must be a positivie integer. Got: 0',
    ],
    [
      { SHOAL_WORKERS: '1000000' },
      'Bad SHOAL_WORKERS environment variable value. Expected a whole number from 1 to 256',
    ],
    [{ SHOAL_WORKERS: '0' }, 'Bad SHOAL_WORKERS environment variable value. Expected a whole number from 1 on, got: 0'],
    [{ SHOAL_WEBHOOK_SECRET: '' }, 'Bad SHOAL_WEBHOOK_SECRET environment variable value. It must not be empty'],
    [
      { SHOAL_OUTBOUND_DENY: '10.0.0.0/8, 10.0.0.0/33' },
      'Bad SHOAL_OUTBOUND_DENY environment variable value. Expected networks such as 10.0.0.0/8, got: 10.0.0.0/33',
    ],
  ];
  for (const [record, message] of failures) {
    const failure: unknown = await read(record).catch((error: unknown) => error);
    t.ok(failure instanceof ConfigError, JSON.stringify(record));
    t.equal(failure instanceof ConfigError && failure.message, message);
  }
});

t.test('JF_ names are read after FJ_ names and reported', async (t) => {
  const config = await read({ FJ_PORT: '4000', JF_PORT: '4001', JF_METRICS_PORT: '9000' });
  t.equal(config.http.port, 4000);
  t.equal(config.metrics.port, 9000);
  t.equal(config.jellyfish, false);
  t.match(config.warnings, [/JF_PORT .*0\.8\.0/, /JF_METRICS_PORT .*0\.8\.0/]);
  t.match(await read({ FJ_INTEGRATED_TURN_IP: '1.1.1.1' }), { warnings: [/FJ_INTEGRATED_TURN_IP is ignored/] });
});

t.test('in Jellyfish mode only JF_ names are read, except for what the image presets', async (t) => {
  const config = await read({
    JF_SERVER_API_TOKEN: token,
    NODE_ENV: 'production',
    FJ_IP: '0.0.0.0',
    JF_DIST_ENABLED: 'true',
  });
  t.equal(config.jellyfish, true);
  t.same(config.componentsUsed, new Set(['hls', 'rtsp', 'file', 'recording']));
  t.equal(config.resourcesBasePath, '/app/jellyfish_resources');
  t.match(config.distribution, { nodeName: 'jellyfish@box' });
  const other = await read({ JF_SIP_USED: 'TRUE', JF_SIP_IP: '1.2.3.4', JF_RECORDING_USED: 'False' });
  t.same(other.componentsUsed, new Set(['hls', 'rtsp', 'file', 'sip']));
  t.same(other.sip, { ip: '1.2.3.4' });
});

t.test('lenient notations are accepted', async (t) => {
  const config = await read({
    FJ_PORT: '4000/tcp',
    FJ_COMPONENTS_USED: ' hls   recording ',
    FJ_LOG_LEVEL: 'loud',
    FJ_STRUCTURED_LOGGING: 'TRUE',
    FJ_HOST: 'media.example.com/shoal',
    FJ_RESOURCES_BASE_PATH: '/data',
    SHOAL_OUTBOUND_ALLOW: '10.0.0.0/8 192.0.2.1,fd00::1',
    SHOAL_RTSP_ALLOW: '192.168.7.0/24',
    SHOAL_RTSP_DENY: '127.0.0.1 192.168.0.0/16',
    SHOAL_S3_ALLOW: '10.1.0.0/16',
    SHOAL_S3_DENY: '10.0.0.0/8',
    SHOAL_RTSP_VERIFY_TLS: 'false',
  });
  t.equal(config.http.port, 4000);
  t.same(config.componentsUsed, new Set(['hls', 'recording']));
  t.same(config.log, { level: 'info', structured: true });
  t.match(config.warnings, [/^Bad FJ_LOG_LEVEL .* got: loud/]);
  t.equal(config.host, 'media.example.com/shoal');
  t.equal(config.resourcesBasePath, '/data');
  t.same(config.rtsp, { allow: ['192.168.7.0/24'], deny: ['127.0.0.1/32', '192.168.0.0/16'], verifyTls: false });
  t.same(config.storage.s3Networks, { allow: ['10.1.0.0/16'], deny: ['10.0.0.0/8'] });
  t.same(config.outbound.allow, ['10.0.0.0/8', '192.0.2.1/32', 'fd00::1/128']);
  t.equal((await read({ FJ_IP: '::1' })).host, '[::1]:5002');
});

t.test('media addresses are read', async (t) => {
  const webrtc = async (record: Record<string, string>) => (await read(record)).webrtc;
  t.match(await webrtc({ FJ_WEBRTC_TURN_LISTEN_IP: 'media.example.com', FJ_WEBRTC_TURN_IP: '198.51.100.7' }), {
    listenIp: '10.9.9.9',
    announcedIp: '198.51.100.7',
    privateIp: '10.9.9.9',
  });
  const any = { FJ_WEBRTC_TURN_LISTEN_IP: '0.0.0.0' };
  t.equal(
    (await webrtc({ ...any, FJ_WEBRTC_TURN_IP: '198.51.100.7' })).privateIp,
    '10.1.2.3',
    'NAT, listening everywhere',
  );
  t.equal((await webrtc({ ...any, FJ_WEBRTC_TURN_IP: '2001:db8::7' })).privateIp, 'fd00::3', 'of the same family');
  t.equal((await webrtc({ ...any, FJ_WEBRTC_TURN_IP: '10.1.2.3' })).privateIp, undefined, 'no NAT');
  t.equal((await webrtc(any)).privateIp, undefined, 'loopback');
  t.equal((await webrtc({ FJ_WEBRTC_TURN_LISTEN_IP: '10.1.2.3' })).privateIp, '10.1.2.3', 'published to loopback only');
  const off = await read({ FJ_WEBRTC_USED: 'false', FJ_WEBRTC_TURN_IP: 'nonsense' });
  t.equal(off.webrtc.used, false);
  t.same(off.turn, { mode: 'off' });
});

t.test('SIP variables are read', async (t) => {
  const telephony = async (record: Record<string, string>) => (await read(record)).telephony;
  t.same(await telephony({}), {
    ...{ listenIp: '0.0.0.0', port: 5060, rtpPorts: { min: 21_000, max: 21_100 }, allow: [], deny: [] },
    ...{ verifyTls: true, codecs: ['pcma', 'pcmu', 'opus'], ringTimeoutMs: 60_000 },
  });
  const listenIp = async (record: Record<string, string>) => (await telephony(record)).listenIp;
  t.equal(await listenIp({ FJ_SIP_IP: '10.1.2.3' }), '10.1.2.3', 'an address of this host');
  t.equal(await listenIp({ FJ_SIP_IP: '198.51.100.7' }), '0.0.0.0', 'behind a NAT');
  t.equal(await listenIp({ FJ_SIP_IP: '2001:db8::7' }), '::', 'of the same family');
  t.equal(await listenIp({ FJ_SIP_IP: '10.1.2.3', SHOAL_SIP_LISTEN_IP: '127.0.0.1' }), '127.0.0.1');
  const other = { SHOAL_SIP_CODECS: 'opus,pcmu', SHOAL_SIP_RING_TIMEOUT: '2', SHOAL_SIP_DENY: '127.0.0.1' };
  t.match(await telephony(other), { codecs: ['opus', 'pcmu'], ringTimeoutMs: 2000, deny: ['127.0.0.1/32'] });
  for (const SHOAL_SIP_RTP_PORT_RANGE of ['21000-21000', '21001-21002']) {
    await t.rejects(read({ SHOAL_SIP_RTP_PORT_RANGE }), /SHOAL_SIP_RTP_PORT_RANGE is too small/);
  }
  t.same((await telephony({ SHOAL_SIP_RTP_PORT_RANGE: '21001-21003' })).rtpPorts, { min: 21_001, max: 21_003 });
  for (const SHOAL_SIP_CODECS of ['', 'g729', 'pcma pcma', 'opus g722']) {
    await t.rejects(read({ SHOAL_SIP_CODECS }), /Bad SHOAL_SIP_CODECS .* some of pcma, pcmu, opus/, SHOAL_SIP_CODECS);
  }
});

t.test('TURN variables are read', async (t) => {
  const files = { FJ_SSL_KEY_PATH: 'k.pem', FJ_SSL_CERT_PATH: 'c.pem' };
  const tls = await read({ ...files, SHOAL_TURN_TLS_PORT: '5349', FJ_HOST: 'media.example.com:443/x' });
  t.same(tls.turn, {
    mode: 'embedded',
    tls: { port: 5349, serverName: 'media.example.com', keyPath: 'k.pem', certPath: 'c.pem' },
  });
  await t.rejects(read({ SHOAL_TURN_TLS_PORT: '5349' }), /there is no certificate/);

  const urls = 'turn:turn.example.com turn:192.0.2.1:443?transport=tcp turns:[2001:db8::1]';
  const external = await read({ SHOAL_TURN_URLS: urls, SHOAL_TURN_SECRET: 'hush' });
  t.match(external.turn, {
    mode: 'external',
    servers: [
      { host: 'turn.example.com', port: 3478, transport: 'udp' },
      { host: '192.0.2.1', port: 443, transport: 'tcp' },
      { host: '2001:db8::1', port: 5349, transport: 'tls' },
    ],
    auth: { kind: 'shared-secret' },
  });
  t.same(external.webrtc.ports, { media: { min: 50_000, max: 59_999 } }, 'all ports are for media');
  const fixed = await read({ SHOAL_TURN_URLS: 'turn:a', SHOAL_TURN_USERNAME: 'u', SHOAL_TURN_PASSWORD: 'p' });
  t.match(fixed.turn, { auth: { kind: 'fixed', username: 'u' } });
  t.same((await read({ SHOAL_TURN: 'off' })).turn, { mode: 'off' });
  await t.rejects(read({ SHOAL_TURN: 'external' }), /names no server/);
  await t.rejects(read({ SHOAL_TURN_URLS: 'turn:a' }), /no credentials/);
  for (const url of ['http://a', 'turn:a:70000', 'turns:a?transport=udp', 'turn:u@a', 'turn:[1.2.3.4]']) {
    await t.rejects(read({ SHOAL_TURN_URLS: url, SHOAL_TURN_SECRET: 'x' }), /Bad SHOAL_TURN_URLS/, url);
  }
});

t.test('storage variables are read', async (t) => {
  const { storage } = await read({
    SHOAL_S3_ENDPOINT: 'http://store.example:9000',
    SHOAL_RECORDING_LOCAL: 'true',
    SHOAL_FREE_SPACE_MB: '0',
    SHOAL_RETENTION_DAYS: '2',
    SHOAL_RETENTION_GB: '3',
  });
  t.same(storage, {
    s3Endpoint: 'http://store.example:9000',
    localRecordings: true,
    freeSpace: 0,
    retention: { age: 172_800_000, size: 3_000_000_000 },
    s3Networks: { allow: [], deny: [] },
  });
  const expected = 'Expected an http or https URL, got: store.example';
  await t.rejects(read({ SHOAL_S3_ENDPOINT: 'store.example' }), { message: new RegExp(expected) });
});

t.test('distribution variables are read', async (t) => {
  const list = await read({ FJ_DIST_ENABLED: 'true', FJ_DIST_NODES: 'app@app1  app@app2', FJ_DIST_MIN_PORT: '9000' });
  t.match(list.distribution, {
    strategy: 'NODES_LIST',
    nodes: ['app@app1', 'app@app2'],
    nodeName: 'fishjam@box',
    minPort: 9000,
  });
  const dns = await read({
    FJ_DIST_ENABLED: 'true',
    FJ_DIST_STRATEGY_NAME: 'DNS',
    FJ_DIST_MODE: 'name',
    FJ_DIST_QUERY: 'app.dns',
  });
  t.match(dns.distribution, { strategy: 'DNS', query: 'app.dns', pollingIntervalMs: 5000 });
  t.match((await read({ FJ_DIST_ENABLED: 'true' })).warnings, [/NODES_LIST/]);
});

t.test('secrets are not printed, and the configuration is frozen', async (t) => {
  const config = await read({
    FJ_SERVER_API_TOKEN: 'hidden-1',
    FJ_SECRET_KEY_BASE: 'hidden-2',
    FJ_S3_BUCKET: 'b',
    FJ_S3_REGION: 'r',
    FJ_S3_ACCESS_KEY_ID: 'hidden-3',
    FJ_S3_SECRET_ACCESS_KEY: 'hidden-4',
    FJ_DIST_ENABLED: 'true',
    FJ_DIST_COOKIE: 'hidden-5',
    SHOAL_WEBHOOK_SECRET: 'hidden-6',
    SHOAL_TURN_URLS: 'turn:a',
    SHOAL_TURN_SECRET: 'hidden-7',
  });
  const shown = `${JSON.stringify(config)} ${inspect(config, { depth: 9, showHidden: true })} ${config.serverApiToken}`;
  t.notMatch(shown, /hidden-\d/);
  t.equal(config.s3?.secretAccessKey.reveal(), 'hidden-4');
  t.ok(Object.isFrozen(config) && Object.isFrozen(config.http) && Object.isFrozen(config.webrtc.ports.media));
});

t.test('program variables are read', async (t) => {
  const standard = await read({});
  t.same(standard.program, {
    ...{ width: 1920, height: 1080, frameRate: 24, keyframeInterval: 1000, partDuration: 200 },
    ...{ videoBitrate: 3_000_000, audioBitrate: 96_000, audioChannels: 1, showNames: false },
    preset: 'veryfast',
  });
  t.same(standard.hls, { segmentDuration: 2, edges: 4, passthrough: false });
  t.equal(standard.anyCodec, false);
  const { program, hls, anyCodec } = await read({
    ...{ SHOAL_PROGRAM_SIZE: '1280x720', SHOAL_PROGRAM_FRAME_RATE: '30', SHOAL_PROGRAM_STEREO: 'true' },
    ...{
      SHOAL_PROGRAM_NAMES: 'TRUE',
      SHOAL_PROGRAM_PRESET: 'ultrafast',
      SHOAL_HLS_PART_MS: '300',
      SHOAL_HLS_SEGMENT_SECONDS: '1',
      SHOAL_PROGRAM_PASSTHROUGH: 'auto',
      SHOAL_HLS_EDGES: '0',
      SHOAL_ANY_CODEC: 'true',
    },
  });
  t.match(program, { width: 1280, height: 720, frameRate: 30, partDuration: 300, audioChannels: 2, showNames: true });
  t.equal(program.preset, 'ultrafast');
  t.same({ hls, anyCodec }, { hls: { segmentDuration: 1, edges: 0, passthrough: true }, anyCodec: true });
  await t.rejects(read({ SHOAL_PROGRAM_PRESET: 'slow' }), { message: /SHOAL_PROGRAM_PRESET.*veryfast/ });
  for (const size of ['1281x720', '1280x721', '1280', '1280x720x2', 'x', '0x0x', '99999x720']) {
    await t.rejects(read({ SHOAL_PROGRAM_SIZE: size }), { message: /SHOAL_PROGRAM_SIZE.*1280x720/ }, size);
  }
});

t.test('size and frame rate of the program have other names, which their own take precedence over', async (t) => {
  const other = { JIBRI_RECORDING_RESOLUTION: '1280x720', JIBRI_RECORDING_FRAMERATE: '30' };
  t.match(await read(other), { program: { width: 1280, height: 720, frameRate: 30 }, warnings: [] });
  const both = await read({ ...other, SHOAL_PROGRAM_SIZE: '640x360', SHOAL_PROGRAM_FRAME_RATE: '30' });
  t.match(both.program, { width: 640, height: 360, frameRate: 30 });
  t.match(both.warnings, [/JIBRI_RECORDING_RESOLUTION is ignored: SHOAL_PROGRAM_SIZE is set/]);
  t.equal(both.warnings.length, 1, 'values that do not differ are not reported');
});
