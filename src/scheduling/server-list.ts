import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Secret } from '../config/secret.ts';
import { checkSettings, parseSettings } from '../config/settings-text.ts';
import { StartError } from '../error/start-error.ts';
import type { ConferenceServer } from './conference.ts';
import { isEmail } from './email.ts';
import { isLocalServer } from './local-server.ts';

const variable = 'JITSI_ADMIN_SERVERS';

/** Ids of clones come after them; columns have 31 bits. */
const maxId = 1_000_000_000;

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

const EntrySchema = z.strictObject({
  id: z.int().min(1).max(maxId),
  url: z
    .string()
    .max(255)
    .refine((url) => addressOf(url) !== undefined, 'must be a host, with a port if need be'),
  name: z.string().optional(),
  apiKey: z.string().regex(/^\S*$/, 'must have no white space').default(''),
  appId: z.string().default(''),
  appSecret: z.string().default(''),
  users: z
    .array(z.string().refine((user) => user === '*' || isEmail(user), 'must be an e-mail address or *'))
    .default([]),
  allowClone: z.boolean().default(false),
  default: z.boolean().default(false),
  address: webUrl.transform((text) => text.replace(/\/+$/, '')).optional(),
  webhookUrl: webUrl.optional(),
});

/**
 * Reads the configured servers: docs/contracts/jitsi-admin.md 8.
 * @param source JSON, or the path of a file @param publicAddress base URL of this server
 * @returns them in the order of their ids @throws StartError, which has none of the values
 */
export async function readServerList(source: Secret, publicAddress: string): Promise<ConferenceServer[]> {
  const data = checkSettings(parseSettings(await readSource(source), variable), z.array(EntrySchema), variable);
  // One server without an address is this one, whatever its proxy calls it.
  const isOnly = data.length === 1;
  const servers = data.map((entry) => toServer(entry, publicAddress, isOnly)).sort((a, b) => a.id - b.id);
  const twice = servers.find(({ id }, index) => servers[index - 1]?.id === id);
  if (twice) throw new StartError(`${variable} has two servers with the id ${twice.id}.`);
  return servers;
}

/** Base URL of a server that clients name `url`, without a slash at the end. @returns undefined when it cannot be part of a URL */
export function addressOf(url: string): string | undefined {
  const text = /^https?:\/\//i.test(url) ? url : `https://${url}`;
  // The parser drops white space, and reads what stands before an `@` as a user.
  if (!/^https?:\/\/[^\p{C}\p{Z}\\?#@]+$/iu.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).href.replace(/\/+$/, '');
}

function toServer(entry: z.infer<typeof EntrySchema>, publicAddress: string, isOnly: boolean): ConferenceServer {
  const { apiKey, appSecret, address: given, webhookUrl, ...rest } = entry;
  const { url, name = url } = rest;
  const address = given ?? addressOf(url) ?? '';
  const isHere = given === undefined && (isOnly || isLocalServer({ url, address }, publicAddress));
  return {
    ...rest,
    name,
    slug: encodeURIComponent(url),
    apiKey: secretOf(apiKey),
    appSecret: secretOf(appSecret),
    address: isHere ? publicAddress : address,
    ...(webhookUrl !== undefined && { webhookUrl }),
  };
}

/** @returns undefined for an empty text */
export function secretOf(text: string): Secret | undefined {
  return text === '' ? undefined : new Secret(text);
}

async function readSource(source: Secret): Promise<string> {
  const text = source.reveal().trim();
  if (/^[[{]/.test(text)) return text;
  try {
    return await readFile(text, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw new StartError(`${variable} is no JSON, and no file that can be read: ${reason}.`, { cause: error });
  }
}
