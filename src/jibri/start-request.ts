import { z } from 'zod';
import { hasMoreMembers } from '../net/json-members.ts';

const text = z.string().default('');
const optional = z.string().nullable().optional();
const object = z.record(z.string(), z.unknown());
/** Maximum nesting depth, Jackson's limit. Deeper values could not be written to `metadata.json`. */
const maxNesting = 1000;
/** Maximum length of a body, in bytes, and number of its members and items; a usual one has a few hundred and twenty. */
const maxBody = 1_000_000;
const maxMembers = 20_000;

const CallUrlInfo = z.object({
  baseUrl: text,
  // As Jackson binds it.
  callName: z.union([z.string(), z.number(), z.boolean()]).transform(String).default(''),
  tenant: text,
  urlParams: z.array(z.string()).default([]),
});

const Body = z.object({
  sessionId: z.string(),
  sinkType: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['file', 'stream', 'gateway'])),
  callParams: z.object({
    callUrlInfo: CallUrlInfo,
    email: text,
    passcode: optional,
    callStatsUsernameOverride: text,
    displayName: text,
    extraUrlParams: z.array(z.string()).default([]),
  }),
  callLoginParams: z
    .object({
      domain: text,
      username: text,
      password: text,
      port: z.int().nullable().optional(),
      randomizeUsername: z.boolean().default(false),
    })
    .nullable()
    .optional(),
  youTubeStreamKey: optional,
  rtmpUrl: optional,
  username: optional,
  password: optional,
  sipClientParams: z
    .object({
      sipAddress: text,
      displayName: text,
      autoAnswer: z.boolean().default(false),
      // seconds; null: no limit
      autoAnswerTimer: z.int().nullable().default(30),
      userName: optional,
      password: optional,
      contact: optional,
      proxy: optional,
    })
    .nullable()
    .optional(),
  serviceParams: z
    .object({ appData: object.nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});

/** Parses the body of `startService`: docs/contracts/jibri.md 2.3. Unknown members are ignored. */
export const StartRequestBody = z.preprocess(
  readBody,
  Body.refine(({ sinkType, sessionId }) => sinkType !== 'file' || sessionId !== ''),
);
export type StartRequest = z.output<typeof Body>;
export type CallUrlInfo = StartRequest['callParams']['callUrlInfo'];

/** Parses JSON as Jackson does. @returns undefined when it is not JSON or exceeds a limit */
function readBody(body: unknown): unknown {
  const text = body instanceof Buffer && body.length <= maxBody ? body.toString() : '';
  try {
    return hasMoreMembers(text, maxMembers) || nesting(text) > maxNesting
      ? undefined
      : JSON.parse(text.replace(/^\uFEFF/, ''), exactName as Reviver);
  } catch {
    return undefined;
  }
}

type Reviver = Parameters<typeof JSON.parse>[1];

/** Keeps the digits of a call name that is a number too large or too exact for one. */
function exactName(key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return key === 'callName' && typeof value === 'number' && String(value) !== source ? source : value;
}

/** Checks required members, in the order of docs/contracts/jibri.md 2.3. @returns the response's text; undefined when none is missing */
export function missingParameter(request: StartRequest, callLoginRequired: boolean): string | undefined {
  const { sinkType } = request;
  if (sinkType === 'stream' && !request.rtmpUrl && !request.youTubeStreamKey) return 'Stream key missing';
  if (sinkType !== 'gateway' && callLoginRequired && !request.callLoginParams) return 'Call login params missing';
  if (sinkType === 'gateway' && !request.sipClientParams) return 'SIP client params missing';
  return undefined;
}

/** Further members of `metadata.json` from the caller: docs/contracts/jibri.md 2.3, `serviceParams`. */
export function additionalMetadata({ serviceParams }: StartRequest): Readonly<Record<string, unknown>> {
  const appData = serviceParams?.appData ?? {};
  const given = [appData.file_recording_metadata, appData.fileRecordingMetadata];
  return Object.assign({}, ...given.map((value) => object.safeParse(value).data ?? {}));
}

/** @returns a lower bound of the nesting depth of a JSON text */
function nesting(json: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '{' || character === '[')) depth += 1;
    else if (!quoted && (character === '}' || character === ']')) depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
