import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Secret } from '../config/secret.ts';
import { checkSettings, parseSettings } from '../config/settings-text.ts';
import { StartError } from '../error/start-error.ts';
import type { Account } from './account.ts';
import { centsOf } from './cents.ts';
import { readDomain } from './domain-name.ts';

const hashedKey = /^sha256:(.*)$/s;

const domainSchema = z.object({
  domain: z.string().transform((text, context) => {
    const domain = readDomain(text);
    if (domain === undefined) context.addIssue({ code: 'custom', message: 'it is not a host name' });
    return domain ?? z.NEVER;
  }),
  configured: z.boolean().default(false),
  room_prefix: z.string().optional(),
  tenant: z.string().optional(),
});

const accountSchema = z.object({
  name: z.string().trim().min(1).max(200),
  apiKey: z
    .string()
    .min(1)
    .transform((key, context) => {
      const [, digest] = hashedKey.exec(key) ?? [];
      if (digest === undefined) return hash('sha256', key, 'buffer');
      if (/^[\da-f]{64}$/i.test(digest)) return Buffer.from(digest, 'hex');
      context.addIssue({ code: 'custom', message: 'sha256: needs 64 hexadecimal digits' });
      return z.NEVER;
    }),
  callbackSecret: z.string().min(1).optional(),
  balance: z.number().min(0).max(1e12).default(0),
  pricePerRecorderHour: z.number().min(0).max(1e5).default(0),
  domains: z.array(domainSchema).default([]),
});

const fileSchema = z.object({ accounts: z.array(accountSchema) }).superRefine(({ accounts }, context) => {
  requireDifferent(
    accounts.map(({ name }) => name),
    'name',
    context,
  );
  requireDifferent(
    accounts.map(({ apiKey }) => apiKey.toString('hex')),
    'apiKey',
    context,
  );
});

export interface AccountsFile {
  readonly accounts: readonly Account[];
  /** Places of members that mean nothing, such as misspelt ones. */
  readonly unknown: readonly string[];
}

/** Reads the accounts: docs/contracts/jod.md 3. @throws StartError with the place of what is wrong; it holds no key */
export async function readAccounts(path: string): Promise<AccountsFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`The accounts file ${path} cannot be read: ${error.code}.`, { cause: error });
  });
  const what = `The accounts file ${path}`;
  const parsed = parseSettings(text, what);
  const { accounts } = checkSettings(parsed, fileSchema, what);
  return { accounts: accounts.map(accountOf), unknown: unknownMembers(parsed as z.input<typeof fileSchema>) };
}

function accountOf({ apiKey, callbackSecret, balance, ...account }: z.output<typeof accountSchema>): Account {
  const secret = callbackSecret === undefined ? undefined : new Secret(callbackSecret);
  return { ...account, keyDigest: apiKey, callbackSecret: secret, openingBalance: centsOf(balance) };
}

function unknownMembers({ accounts }: z.input<typeof fileSchema>): string[] {
  const outside = (value: object, shape: object, place: string) =>
    Object.keys(value).flatMap((name) => (name in shape ? [] : [`${place}.${name}`]));
  return accounts.flatMap((account, index) => [
    ...outside(account, accountSchema.shape, `accounts[${index}]`),
    ...(account.domains ?? []).flatMap((domain, place) =>
      outside(domain, domainSchema.shape, `accounts[${index}].domains[${place}]`),
    ),
  ]);
}

function requireDifferent(values: readonly string[], member: string, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  const index = values.findIndex((value) => seen.size === seen.add(value).size);
  if (index < 0) return;
  context.addIssue({ code: 'custom', path: ['accounts', index, member], message: 'another account has the same' });
}
