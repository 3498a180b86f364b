import { secret } from './text-form.ts';
import { variable } from './variable.ts';

export const databaseVariables = {
  url: variable('SHOAL_DATABASE_URL', {
    description: 'PostgreSQL database of orders and conferences, such as `postgres://user:password@host/shoal`.',
    form: secret,
    defaultText: 'a file, `shoal.db` in `FJ_RESOURCES_BASE_PATH`',
  }),
};
