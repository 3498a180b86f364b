import { boolean, ip, networks, oneOf, port, portRange, realSecret, text, wholeNumber, words } from './text-form.ts';
import { variable } from './variable.ts';

/** Peers, media ports and TURN: docs/contracts/fishjam-config.md 2.2, and our own additions. */
export const mediaVariables = {
  FJ_WEBRTC_USED: variable({
    section: 'WebRTC',
    description: '`false` switches peers off.',
    schema: boolean,
    default: 'true',
  }),
  FJ_WEBRTC_TURN_IP: variable({
    section: 'WebRTC',
    description: 'Address announced to clients, for media and for the built-in TURN server.',
    schema: ip,
    default: '127.0.0.1',
  }),
  FJ_WEBRTC_TURN_LISTEN_IP: variable({
    section: 'WebRTC',
    description: 'Address (or host name, resolved once) on which media and TURN listen. `0.0.0.0` in containers.',
    schema: text,
    default: '127.0.0.1',
  }),
  FJ_WEBRTC_TURN_PORT_RANGE: variable({
    section: 'WebRTC',
    description:
      'UDP ports: the first is the TURN listener, of the others two thirds are relay ports and one third media ports.',
    schema: portRange,
    default: '50000-59999',
  }),
  FJ_WEBRTC_TURN_TCP_PORT: variable({
    section: 'WebRTC',
    description: 'TCP port of the TURN server.',
    schema: port,
    defaultText: 'unset: no TCP',
  }),
  SHOAL_WORKERS: variable({
    section: 'WebRTC',
    description: 'Media worker processes.',
    schema: wholeNumber(1),
    defaultText: 'number of CPU cores',
  }),
  SHOAL_WEBRTC_SERVER: variable({
    section: 'WebRTC',
    description: '`true`: each worker takes one media port (UDP and TCP) of the range instead of one per peer.',
    schema: boolean,
    default: 'false',
  }),
  SHOAL_TURN: variable({
    section: 'TURN',
    description: '`embedded`: Shoal runs coturn; `external`: the servers below; `off`: none.',
    schema: oneOf(['embedded', 'external', 'off']),
    defaultText: '`external` when `SHOAL_TURN_URLS` is set, else `embedded`',
  }),
  SHOAL_TURN_TLS_PORT: variable({
    section: 'TURN',
    description: 'TLS port of the embedded server. Needs a certificate.',
    schema: port,
    defaultText: 'unset: no TLS',
  }),
  SHOAL_TURN_TLS_HOST: variable({
    section: 'TURN',
    description: 'Name in that certificate, given to clients.',
    schema: text,
    defaultText: 'host part of `FJ_HOST`',
  }),
  SHOAL_TURN_TLS_KEY_PATH: variable({
    section: 'TURN',
    description: 'Private key of the embedded server (PEM).',
    schema: text,
    defaultText: '`FJ_SSL_KEY_PATH`',
  }),
  SHOAL_TURN_TLS_CERT_PATH: variable({
    section: 'TURN',
    description: 'Certificate of the embedded server (PEM).',
    schema: text,
    defaultText: '`FJ_SSL_CERT_PATH`',
  }),
  SHOAL_TURN_URLS: variable({
    section: 'TURN',
    description:
      'External servers, between blanks: `turn:turn.example.com:3478?transport=udp turns:turn.example.com:443?transport=tcp`.',
    schema: words,
  }),
  SHOAL_TURN_SECRET: variable({
    section: 'TURN',
    description:
      'Secret shared with the external servers (`static-auth-secret` of coturn): credentials per peer, for 48 hours.',
    schema: realSecret,
  }),
  SHOAL_TURN_USERNAME: variable({
    section: 'TURN',
    description: 'Fixed user of the external servers, instead of the secret.',
    schema: text,
  }),
  SHOAL_TURN_PASSWORD: variable({
    section: 'TURN',
    description: 'Password of that user.',
    schema: realSecret,
  }),
  SHOAL_RTSP_ALLOW: variable({
    section: 'RTSP',
    description:
      'Networks that RTSP sources may be in even if denied below. Link-local and cloud metadata addresses stay refused.',
    schema: networks,
    default: '',
  }),
  SHOAL_RTSP_DENY: variable({
    section: 'RTSP',
    description:
      'Networks that RTSP sources must not be in, such as `127.0.0.0/8 ::1`. Private ones are open otherwise: cameras live there.',
    schema: networks,
    default: '',
  }),
  SHOAL_RTSP_VERIFY_TLS: variable({
    section: 'RTSP',
    description: '`false`: any certificate of an `rtsps` source will do.',
    schema: boolean,
    default: 'true',
  }),
  FJ_SIP_IP: variable({
    section: 'SIP',
    description: 'Our address in SIP contact data and SDP. Required when `sip` is in `FJ_COMPONENTS_USED`.',
    schema: text,
  }),
  JF_SIP_USED: variable({
    section: 'Jellyfish',
    description: 'Only in Jellyfish mode with `FJ_COMPONENTS_USED` unset: allows SIP components.',
    schema: boolean,
    default: 'false',
  }),
  JF_RECORDING_USED: variable({
    section: 'Jellyfish',
    description: 'Only in Jellyfish mode with `FJ_COMPONENTS_USED` unset: `false` forbids Recording components.',
    schema: boolean,
    default: 'true',
  }),
};
