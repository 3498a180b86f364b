import { isIP } from 'node:net';
import { z } from 'zod';
import { boolean, ip, oneOf, pictureSize, port, text, wholeNumber } from './text-form.ts';
import { variable } from './variable.ts';

const section = 'Recorders';

const complaint = (name: string, expected: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `Bad ${name} environment variable value. Expected ${expected}, got: ${input}`,
});

const split = (value: string) => value.split(/[\s,]+/).filter((word) => word !== '');

/** Words between commas or blanks. */
const list = (_name: string) => z.string().transform(split);

const portOrOff = (name: string) =>
  z.union([z.literal('off').transform(() => undefined), port(name)], complaint(name, 'a port number or off'));

const urls = (name: string) =>
  z
    .string()
    .transform((value) => split(value).map((url) => url.replace(/\/+$/, '')))
    .refine(
      (value) => value.every((url) => /^https?:\/\//i.test(url) && URL.canParse(url)),
      complaint(name, 'http or https URLs'),
    );

/** Commas within braces belong to the expression. */
const expressions = (name: string) =>
  z
    .string()
    .transform((value) => value.split(/,(?![^{]*\})/).map((expression) => expression.trim()))
    .refine((value) => value.every(isExpression), complaint(name, 'regular expressions between commas'));

const addresses = (name: string) =>
  z
    .string()
    .refine((value) => split(value).every((word) => readAddress(word)), complaint(name, '<ip>:<port> between commas'))
    .transform((value) => split(value).flatMap((word) => readAddress(word) ?? []));

function isExpression(value: string): boolean {
  try {
    return new RegExp(value) instanceof RegExp;
  } catch {
    return false;
  }
}

function readAddress(value: string): { ip: string; port: number } | undefined {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  const address = match?.[1] ?? match?.[2] ?? '';
  const number = Number(match?.[3]);
  return isIP(address) && number > 0 && number < 65_536 ? { ip: address, port: number } : undefined;
}

const seconds = wholeNumber(1);

/** Recorders as Jibri orchestrators know them: docs/contracts/jibri.md 12. */
export const jibriVariables = {
  JIBRI_HTTP_API_EXTERNAL_PORT: variable({
    section,
    description: 'Port of the recorder API without token, beside the one on `FJ_PORT`; `off`: none.',
    schema: portOrOff,
    defaultText: '`2222`, if that is free',
  }),
  JIBRI_HTTP_API_EXTERNAL_HOST: variable({
    section,
    description: 'Its address. Whoever reaches it can record every room.',
    schema: ip,
    default: '127.0.0.1',
  }),
  JIBRI_HTTP_API_INTERNAL_PORT: variable({
    section,
    description: 'Port of the internal API (draining, shutting down), such as `3333`.',
    schema: port,
  }),
  JIBRI_HTTP_API_INTERNAL_HOST: variable({ section, description: 'Its address.', schema: ip, default: '127.0.0.1' }),
  JIBRI_INSTANCE_ID: variable({
    section,
    description: 'Id of the first recorder; the others append `-1`, `-2` and so on.',
    schema: text,
    defaultText: 'the host name',
  }),
  JIBRI_SLOTS: variable({
    section,
    description: 'Recorders of this server; each runs one session at a time.',
    schema: seconds,
    default: '1',
  }),
  JIBRI_SLOT_LISTENERS: variable({
    section,
    description: 'Addresses, `<ip>:<port>`, of the second recorder and those after it. Without token.',
    schema: addresses,
    default: '',
  }),
  JIBRI_SINGLE_USE_MODE: variable({
    section,
    description: '`true`: a recorder is `EXPIRED` after its first session.',
    schema: boolean,
    default: 'false',
  }),
  JIBRI_RECORDING_DIR: variable({
    section,
    description: 'Folder of the directories of sessions.',
    schema: text,
    defaultText: '`jibri_recordings` in `FJ_RESOURCES_BASE_PATH`',
  }),
  JIBRI_FINALIZE_RECORDING_SCRIPT_PATH: variable({
    section,
    description: 'Program that is run with the directory of each finished recording.',
    schema: text,
  }),
  JIBRI_WEBHOOK_SUBSCRIBERS: variable({
    section,
    description: 'Base URLs that are told how the recorders are, between commas.',
    schema: urls,
    default: '',
  }),
  JIBRI_JWT_KEY_PATH: variable({
    section,
    description: 'RSA key (PEM) that signs the bearer tokens of these webhooks.',
    schema: text,
  }),
  JIBRI_JWT_KID: variable({ section, description: 'Key id in the tokens.', schema: text, default: '' }),
  JIBRI_JWT_ISSUER: variable({ section, description: 'Issuer in the tokens.', schema: text, default: '' }),
  JIBRI_JWT_AUDIENCE: variable({ section, description: 'Audience in the tokens.', schema: text, default: '' }),
  JIBRI_JWT_TTL: variable({
    section,
    description: 'Lifetime of the tokens in seconds; 600 at least.',
    schema: seconds,
    default: '3600',
  }),
  JIBRI_ENABLE_PROMETHEUS: variable({
    section,
    description: '`true`: `/metrics` of each recorder on its own port.',
    schema: boolean,
    default: 'false',
  }),
  JIBRI_RTMP_ALLOW_LIST: variable({
    section,
    description: 'Regular expressions, between commas, of which an RTMP target must match one as a whole.',
    schema: expressions,
    default: '.*',
  }),
  JIBRI_USAGE_TIMEOUT: variable({
    section,
    description: 'Minutes after which a session ends; 0: never.',
    schema: wholeNumber(0),
    default: '0',
  }),
  JIBRI_RECORDING_RESOLUTION: variable({
    section,
    description: 'Another name of `SHOAL_PROGRAM_SIZE`, which comes first: a room has one picture for all outputs.',
    schema: pictureSize,
  }),
  JIBRI_RECORDING_FRAMERATE: variable({
    section,
    description: 'Another name of `SHOAL_PROGRAM_FRAME_RATE`, which comes first.',
    schema: seconds,
  }),
  JIBRI_NO_MEDIA_TIMEOUT: variable({
    section,
    description: 'Seconds without any media although somebody is unmuted, after which a session fails.',
    schema: seconds,
    default: '180',
  }),
  JIBRI_ALL_MUTED_TIMEOUT: variable({
    section,
    description: 'Seconds with everybody muted after which a session ends.',
    schema: seconds,
    default: '600',
  }),
  JIBRI_CALL_EMPTY_TIMEOUT: variable({
    section,
    description: 'Seconds with nobody in the room after which a session ends.',
    schema: seconds,
    default: '30',
  }),
  JIBRI_ICE_TIMEOUT: variable({
    section,
    description: 'Seconds without a working capture after which a session fails.',
    schema: seconds,
    default: '30',
  }),
  JIBRI_API_AUTH: variable({
    section,
    description: '`token`: the recorder API on `FJ_PORT` wants the API token; `none`: it is open.',
    schema: oneOf(['token', 'none']),
    default: 'token',
  }),
  JIBRI_CALL_HOSTS: variable({
    section,
    description: 'Hosts, `host` or `host:port` between commas, of the calls that are rooms of this server.',
    schema: list,
    default: '',
    defaultText: 'empty: all',
  }),
  JIBRI_AUTO_CREATE_ROOM: variable({
    section,
    description: '`true`: a call without a room gets one; `false`: it is waited for.',
    schema: boolean,
    default: 'true',
  }),
  JIBRI_REQUIRE_CALL_LOGIN: variable({
    section,
    description: '`false`: starts may do without `callLoginParams`.',
    schema: boolean,
    default: 'true',
  }),
  JIBRI_INTERNAL_EXIT: variable({
    section,
    description:
      '`true`: the internal API ends the process, once all recorders are idle, with the exit codes of Jibri.',
    schema: boolean,
    default: 'false',
  }),
};
