import { z } from 'zod';
import type { ComponentOptions } from '../component-kind.ts';
import { castOptions, text } from '../option-cast.ts';

const schema = z.object({ registrarCredentials: z.object({ address: text(), username: text(), password: text() }) });

export type SipOptions = z.output<typeof schema>;

const required = ['address', 'username', 'password'].map((name) => `registrarCredentials.${name}`);

/** Section 6.5 of the REST contract; the address is not looked at. @throws ShoalError optionMissing, invalidBody */
export function readSipOptions(options: ComponentOptions): SipOptions {
  return castOptions(schema, options, required);
}
