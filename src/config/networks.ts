import { boolean, networkList } from './text-form.ts';
import { variable } from './variable.ts';

/** Where outgoing requests may go: our own additions. Networks in CIDR form. */
export const outboundVariables = {
  allow: variable('SHOAL_OUTBOUND_ALLOW', {
    description:
      'Networks (such as `10.0.0.0/8`) that outgoing requests may reach even if denied below. Link-local and cloud metadata addresses stay refused.',
    form: networkList,
    default: '',
  }),
  deny: variable('SHOAL_OUTBOUND_DENY', {
    description: 'Networks that outgoing requests (webhooks and the like) must not reach.',
    form: networkList,
    default: '',
  }),
};

/** Where RTSP sources may be, and whether those with TLS need a valid certificate. */
export const rtspVariables = {
  allow: variable('SHOAL_RTSP_ALLOW', {
    description:
      'Networks that RTSP sources may be in even if denied below. Link-local and cloud metadata addresses stay refused.',
    form: networkList,
    default: '',
  }),
  deny: variable('SHOAL_RTSP_DENY', {
    description:
      'Networks that RTSP sources must not be in, such as `127.0.0.0/8 ::1`. Private ones are allowed otherwise: cameras are there.',
    form: networkList,
    default: '',
  }),
  verifyTls: variable('SHOAL_RTSP_VERIFY_TLS', {
    description: '`false`: the certificate of an `rtsps` source is not verified.',
    form: boolean,
    default: 'true',
  }),
};

/** Where S3-compatible stores may be. */
export const s3NetworkVariables = {
  allow: variable('SHOAL_S3_ALLOW', {
    description:
      'Networks that S3 stores may be in even if denied below. Link-local and cloud metadata addresses stay refused.',
    form: networkList,
    default: '',
  }),
  deny: variable('SHOAL_S3_DENY', {
    description:
      'Networks that S3 stores must not be in, such as `127.0.0.0/8 ::1`. Private ones are allowed otherwise: own stores are there.',
    form: networkList,
    default: '',
  }),
};
