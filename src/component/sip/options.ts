import { z } from 'zod';

const SIPCredentials = z
  .object({
    address: z
      .string()
      .describe('SIP provider address: a name or an IPv4 address, with a port unless it is 5060')
      .meta({ example: 'example.org' }),
    username: z.string().describe('Username in SIP service provider'),
    password: z.string().describe('Password in SIP service provider'),
  })
  .meta({ id: 'SIPCredentials', description: 'Credentials used to authorize in SIP Provider service' });

/** docs/contracts/fishjam-rest.md 6.5. */
export const ComponentOptionsSIP = z.object({ registrarCredentials: SIPCredentials }).meta({
  id: 'ComponentOptionsSIP',
  description: 'Options specific to the SIP component',
});

/** docs/contracts/fishjam-rest.md 3.4. */
export const ComponentPropertiesSIP = z.object({ registrarCredentials: SIPCredentials }).meta({
  id: 'ComponentPropertiesSIP',
  description: 'Properties specific to the SIP component',
});
