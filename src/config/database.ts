import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from './environment.ts';
import { Secret } from './secret.ts';
import { variable } from './variable.ts';

export const databaseVariables = {
  url: variable('SHOAL_DATABASE_URL', {
    description: 'PostgreSQL database of orders and conferences, such as `postgres://user:password@host/shoal`.',
    form: postgresUrl,
    defaultText: 'a file, `shoal.db` in `FJ_RESOURCES_BASE_PATH`',
  }),
};

/** Where the database is: `url`, or else `file`. @param resources absolute path of `FJ_RESOURCES_BASE_PATH` */
export function readDatabase(environment: Environment, resources: string) {
  return { ...environment.readAll(databaseVariables), file: join(resources, 'shoal.db') };
}

/** What is wrong with it is not shown: it has a password. */
function postgresUrl(name: string) {
  const error = `Bad ${name} environment variable value. Expected a URL such as postgres://user:password@host/database`;
  return z
    .string()
    .regex(/^postgres(ql)?:\/\/./, { error })
    .transform((text) => new Secret(text));
}
