import t from 'tap';
import {
  type LocalAudio,
  readSessionDescription,
  writeSessionDescription,
} from '../../../../src/component/sip/call/session-description.ts';

const session = ['v=0', 'o=- 1 1 IN IP4 192.0.2.7', 's=-', 't=0 0'];
const connection = 'c=IN IP4 192.0.2.7';
const read = (...lines: string[]) => readSessionDescription([...session, ...lines, ''].join('\r\n'));
const audioOf = (...lines: string[]) => read(connection, ...lines).audio;

t.test('payload types without rtpmap, known formats in their order', async (t) => {
  const audio = audioOf(
    'm=audio 4000 RTP/AVP 18 0 8 111 101 9 13',
    'a=rtpmap:111 OPUS/48000/2',
    'a=rtpmap:101 Telephone-Event/8000',
    'a=fmtp:101 0-15',
  );
  t.match(audio, { section: 0, protocol: 'RTP/AVP', address: '192.0.2.7', port: 4000, direction: 'sendrecv' });
  t.same(audio?.formats, [
    { codec: 'pcmu', payloadType: 0 },
    { codec: 'pcma', payloadType: 8 },
    { codec: 'opus', payloadType: 111 },
  ]);
  t.same(audio?.events, [{ payloadType: 101, clockRate: 8000 }]);
});

t.test('a dynamic number is no static format, and formats of other clock rates or channels are others', async (t) => {
  const lines = ['a=rtpmap:96 PCMA/8000', 'a=rtpmap:97 PCMA/16000', 'a=rtpmap:98 opus/48000', 'a=rtpmap:8 G722/8000'];
  t.same(audioOf('m=audio 4000 RTP/AVP 8 96 97 98', ...lines)?.formats, [{ codec: 'pcma', payloadType: 96 }]);
});

t.test('telephone-event with a clock rate of 48000, and one that is not for keys', async (t) => {
  const lines = ['a=rtpmap:102 telephone-event/48000', 'a=rtpmap:103 telephone-event/8000', 'a=fmtp:103 32-36'];
  t.same(audioOf('m=audio 4000 RTP/AVP 0 102 103', ...lines)?.events, [{ payloadType: 102, clockRate: 48_000 }]);
});

t.test('the address of the section comes before that of the session, IPv6 as well', async (t) => {
  t.equal(audioOf('m=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.8')?.address, '192.0.2.8');
  t.equal(audioOf('m=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:db8::7')?.address, '2001:db8::7');
  t.equal(read('m=audio 4000 RTP/AVP 0').audio, undefined, 'none');
  t.equal(audioOf('m=audio 4000 RTP/AVP 0', 'c=IN IP4 phone.example.org')?.address, '192.0.2.7', 'a name is none');
  t.equal(read('c=IN IP4 224.0.0.1/127', 'm=audio 4000 RTP/AVP 0').audio, undefined, 'multicast with its TTL');
});

t.test('the direction of the section comes before that of the session', async (t) => {
  const direction = (...lines: string[]) => read(connection, ...lines).audio?.direction;
  t.equal(direction('a=inactive', 'm=audio 4000 RTP/AVP 0'), 'inactive');
  t.equal(direction('a=inactive', 'm=audio 4000 RTP/AVP 0', 'a=sendonly'), 'sendonly');
});

t.test('the first audio that is not refused and over RTP is taken; all sections are kept', async (t) => {
  const found = read(
    connection,
    ...['m=video 5000 RTP/AVP 96', 'm=audio 0 RTP/AVP 0', 'm=audio 4002 UDP/TLS/RTP/SAVPF 0'],
    ...['m=audio 4004/2 RTP/AVP 8', 'm=audio 4006 RTP/AVP 0', 'm=application 9 TCP/BFCP *'],
  );
  t.match(found.audio, { section: 3, port: 4004 });
  t.same(
    found.sections.map(({ type, protocol, formats }) => `${type} ${protocol} ${formats}`),
    [
      ...['video RTP/AVP 96', 'audio RTP/AVP 0', 'audio UDP/TLS/RTP/SAVPF 0'],
      ...['audio RTP/AVP 8', 'audio RTP/AVP 0', 'application TCP/BFCP *'],
    ],
  );
});

t.test('packet times', async (t) => {
  const times = (...lines: string[]) => {
    const { packetTime, maxPacketTime } = audioOf('m=audio 4000 RTP/AVP 0', ...lines) ?? {};
    return [packetTime, maxPacketTime];
  };
  t.same(times('a=ptime:30', 'a=maxptime:40'), [30, 40]);
  t.same(times(), [undefined, undefined]);
  t.same(times('a=ptime:', 'a=maxptime:x'), [undefined, undefined]);
  t.same(times('a=ptime:0', 'a=maxptime:1000000'), [undefined, undefined]);
});

t.test('keys', async (t) => {
  const key = 'A'.repeat(40);
  const crypto = (line: string) => audioOf('m=audio 4000 RTP/SAVP 0', `a=crypto:${line}`)?.crypto;
  const suite = 'AES_CM_128_HMAC_SHA1_32';
  const usable = [{ tag: 3, suite, key }];
  for (const parameters of [`inline:${key}`, `inline:${key}|2^31`, `inline:${key}|1048576`, `INLINE:${key} WSH=64`]) {
    t.same(crypto(`3 ${suite} ${parameters}`), usable, parameters);
  }
  t.same(crypto(`3 ${suite.toLowerCase()} inline:${key}`), usable);
  const refused = [
    `3 F8_128_HMAC_SHA1_80 inline:${key}`,
    `3 AES_256_CM_HMAC_SHA1_80 inline:${key}${'A'.repeat(21)}=`,
    `3 ${suite} inline:${key}|2^20|1:4`,
    `3 ${suite} inline:${key}|1:4`,
    `3 ${suite} inline:${key};inline:${key}`,
    `3 ${suite} inline:${key}|2^4`,
    `3 ${suite} inline:${key.slice(1)}`,
    `3 ${suite} inline:${key.slice(1)}=`,
    `3 ${suite} inline:${key} UNENCRYPTED_SRTP`,
    `3 ${suite} inline:${key} KDR=1`,
    ` ${suite} inline:${key}`,
    `3 ${suite}`,
  ];
  for (const line of refused) t.same(crypto(line), [], line);
});

t.test('what is none is a bad message', async (t) => {
  const long = (count: number, line: string) => [
    connection,
    'm=audio 4000 RTP/AVP 0',
    ...Array<string>(count).fill(line),
  ];
  for (const text of ['', 'nonsense', 'v=0', '\0', session.join('\r\n')]) {
    t.throws(() => readSessionDescription(text), { code: 'bad_message' });
  }
  t.ok(read(...long(480, 'a=x:y')).audio);
  t.throws(() => read(...long(500, 'a=x:y')), { code: 'bad_message' });
  t.ok(read(...long(1, `a=x:${'y'.repeat(4000)}`)).audio);
  t.throws(() => read(...long(1, `a=x:${'y'.repeat(4100)}`)), { code: 'bad_message' });
  t.ok(read(...long(15, 'm=audio 0 RTP/AVP 0')).audio);
  t.throws(() => read(...long(16, 'm=audio 0 RTP/AVP 0')), { code: 'bad_message' });
});

t.test('lines that end in LF or CR, with blanks and capitals, are read', async (t) => {
  const text = [...session, connection, 'm=audio  4000  RTP/AVP  0 96 ', 'A=RTPMAP: 96 PCMA / 8000', 'a=SENDONLY'];
  for (const end of ['\n', '\r', ' \r\n']) {
    t.match(readSessionDescription(text.join(end)).audio, {
      port: 4000,
      formats: [{ payloadType: 0 }, { codec: 'pcma' }],
    });
  }
});

t.test('what we write is read as it was meant', async (t) => {
  const audio: LocalAudio = {
    section: 1,
    protocol: 'RTP/SAVP',
    port: 21_000,
    rtcpMux: true,
    direction: 'recvonly',
    formats: [
      { codec: 'opus', payloadType: 96 },
      { codec: 'pcma', payloadType: 8 },
    ],
    events: [{ payloadType: 101, clockRate: 48_000 }],
    packetTime: 40,
    crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: 'B'.repeat(40) }],
  };
  for (const address of ['192.0.2.1', '2001:db8::1']) {
    const sections = [
      { type: 'video', protocol: 'RTP/AVP', formats: '31 34' },
      { type: 'audio', protocol: 'RTP/SAVP', formats: '0' },
    ];
    const text = writeSessionDescription({ sessionId: 7, version: 3, address, sections, audio });
    t.match(text, /^v=0\r\no=- 7 3 IN IP[46] /);
    t.match(text, /\r\nm=video 0 RTP\/AVP 31\r\n/);
    const found = readSessionDescription(text);
    const { packetTime, ...same } = audio;
    t.same(found.audio, { ...same, address, packetTime });
    t.equal(found.sections.length, 2);
  }
});
