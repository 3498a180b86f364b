interface SectionText {
  mid: string;
  kind?: 'audio' | 'video';
  direction?: string;
  /** Lines between the codec lines and the end of the section. */
  lines?: string[];
  codecs?: string[];
  payloads?: string;
  port?: number;
}

export const opusLines = [
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
];

/** VP8 before H264 in two profiles, as browsers offer them, each with its retransmissions. */
export const videoLines = [
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 goog-remb',
  'a=rtcp-fb:96 transport-cc',
  'a=rtcp-fb:96 ccm fir',
  'a=rtcp-fb:96 nack',
  'a=rtcp-fb:96 nack pli',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:102 H264/90000',
  'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f',
  'a=rtpmap:104 H264/90000',
  'a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032',
  'a=rtpmap:106 H264/90000',
  'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  'a=rtcp-fb:106 nack pli',
  'a=rtpmap:107 rtx/90000',
  'a=fmtp:107 apt=106',
];

export const videoExtensions = [
  'a=extmap:14 urn:ietf:params:rtp-hdrext:toffset',
  'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'a=extmap:13 urn:3gpp:video-orientation',
  'a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'a=extmap:15 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
];

export const offeredFingerprint = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join(
  ':',
);

/** An SDP offer as browsers write it. */
export function offerText(sections: SectionText[], { ufrag = 'abcd', setup = 'actpass' } = {}): string {
  const media = sections.map(
    ({ mid, kind = 'video', direction = 'sendonly', lines = [], codecs, payloads, port = 9 }) =>
      [
        `m=${kind} ${port} UDP/TLS/RTP/SAVPF ${payloads ?? (kind === 'audio' ? '111' : '96 97 102 104 106 107')}`,
        'c=IN IP4 0.0.0.0',
        `a=ice-ufrag:${ufrag}`,
        'a=ice-pwd:0123456789abcdef01234567',
        `a=fingerprint:sha-256 ${offeredFingerprint}`,
        `a=setup:${setup}`,
        `a=mid:${mid}`,
        `a=${direction}`,
        'a=rtcp-mux',
        ...(codecs ?? (kind === 'audio' ? opusLines : videoLines)),
        ...lines,
      ].join('\r\n'),
  );
  const bundle = sections.map(({ mid }) => mid).join(' ');
  return `${['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${bundle}`, ...media].join('\r\n')}\r\n`;
}
