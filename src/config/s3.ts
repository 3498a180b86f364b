import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import type { Secret } from './secret.ts';
import { anyText, secret } from './text-form.ts';
import { type Variable, variable } from './variable.ts';

/** S3 of Recording components: docs/contracts/fishjam-config.md 2.4. */
export const s3Variables = {
  bucket: variable('FJ_S3_BUCKET', {
    description: 'Bucket of Recording components. Set all four credentials or none.',
    form: anyText,
  }),
  region: variable('FJ_S3_REGION', { description: 'Region of the bucket.', form: anyText }),
  accessKeyId: variable('FJ_S3_ACCESS_KEY_ID', { description: 'Access key id.', form: secret }),
  secretAccessKey: variable('FJ_S3_SECRET_ACCESS_KEY', { description: 'Secret access key.', form: secret }),
};

export const s3PathPrefixVariable = variable('FJ_S3_PATH_PREFIX', {
  description: 'Prefix of the keys in S3 when the request has none.',
  form: anyText,
});

export interface S3Config {
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
}

/** @throws ConfigError */
export function readS3(environment: Environment): { readonly s3?: S3Config; readonly s3PathPrefix?: string } {
  const s3PathPrefix = environment.read(s3PathPrefixVariable);
  const prefix = s3PathPrefix === undefined ? {} : { s3PathPrefix };
  const { bucket, region, accessKeyId, secretAccessKey } = environment.readAll(s3Variables);
  if (bucket !== undefined && region !== undefined && accessKeyId && secretAccessKey) {
    return { s3: { bucket, region, accessKeyId, secretAccessKey }, ...prefix };
  }
  const all = Object.values<Variable>(s3Variables);
  const missing = all.filter((variable) => environment.text(variable) === undefined);
  if (missing.length === all.length) return prefix;
  throw new ConfigError(incomplete(environment, all, missing));
}

/** The names in the list lack `S3_` in the reference as well. */
function incomplete(environment: Environment, all: readonly Variable[], missing: readonly Variable[]): string {
  const required = all.map(({ name }) => `\`${environment.jellyfish ? name.replace('FJ_', 'JF_') : name}\``);
  const listed = missing.map((variable) => `"${environment.nameOf(variable).replace('_S3_', '_')}"`);
  return (
    `Either all S3 credentials have to be set: ${required.join(', ')}, or none must be set. ` +
    `Currently, the following required credentials are missing: [${listed.join(', ')}].`
  );
}
