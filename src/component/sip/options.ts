import { z } from 'zod';
import { ShoalError } from '../../error/shoal-error.ts';
import type { GivenOptions } from '../component-kind.ts';
import { castOptions, flag } from '../option-cast.ts';
import { accountOf, type SipAccount } from './account.ts';
import { SipError } from './sip-error.ts';

const SIPCredentials = z
  .object({
    address: z
      .string()
      .describe('SIP provider address: a name or an IP address, with a port unless it is 5060')
      .meta({ example: 'example.org' }),
    username: z.string().describe('Username in SIP service provider'),
    password: z.string().describe('Password in SIP service provider'),
  })
  .meta({ id: 'SIPCredentials', description: 'Credentials used to authorize in SIP Provider service' });

const maxCallers = 1000;
/** A number, `user@host`, `*@host`, or `*` for everybody. */
const callerForm = /^(?:\*|\+?\d{1,64}|[^\s@*<>"]{1,128}@[^\s@*<>"]{1,255}|\*@[^\s@*<>"]{1,255})$/;

const incoming = 'Whether calls of the account are accepted into the room';
const allowedCallers = 'Who may call: numbers, `user@host`, `*@host`, or `*` for everybody. Required with `incoming`';
const notify = 'Whether the webhook of the room is told of calls and of keys that were pressed';

/** docs/contracts/fishjam-rest.md 6.5. All but the credentials are our own. */
export const ComponentOptionsSIP = z
  .object({
    registrarCredentials: SIPCredentials,
    incoming: flag().prefault(false).describe(incoming),
    allowedCallers: z.array(z.string().regex(callerForm)).max(maxCallers).prefault([]).describe(allowedCallers),
    notify: flag().prefault(false).describe(notify),
  })
  // one that nobody may call is a mistake of who asked for it
  .refine(({ incoming, allowedCallers }) => !incoming || allowedCallers.length > 0)
  .meta({
    id: 'ComponentOptionsSIP',
    description: 'Options specific to the SIP component',
  });

/** docs/contracts/fishjam-rest.md 3.4. */
export const ComponentPropertiesSIP = z.object({ registrarCredentials: SIPCredentials }).meta({
  id: 'ComponentPropertiesSIP',
  description: 'Properties specific to the SIP component',
});

export type SipProperties = z.output<typeof ComponentPropertiesSIP>;

export interface SipOptions {
  readonly account: SipAccount;
  readonly incoming: boolean;
  readonly allowedCallers: readonly string[];
  readonly notify: boolean;
  /** As requested, with the password. */
  readonly properties: SipProperties;
}

/** Reads the options. @throws ShoalError optionMissing, invalidBody */
export function readSipOptions(given: GivenOptions): SipOptions {
  const credentials = given.registrarCredentials;
  if (typeof credentials === 'object' && credentials !== null && !Array.isArray(credentials)) {
    const missing = ['address', 'username', 'password'].find((name) => !Object.hasOwn(credentials, name));
    if (missing !== undefined) throw new ShoalError('optionMissing', missing);
  }
  const { registrarCredentials, ...own } = castOptions(ComponentOptionsSIP, given, ['registrarCredentials']);
  return { ...own, account: readAccount(registrarCredentials), properties: { registrarCredentials } };
}

/** @throws ShoalError invalidBody */
function readAccount(credentials: SipProperties['registrarCredentials']): SipAccount {
  try {
    return accountOf(credentials);
  } catch (error) {
    if (error instanceof SipError) throw new ShoalError('invalidBody');
    throw error;
  }
}
