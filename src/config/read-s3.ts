import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';

const names = ['FJ_S3_BUCKET', 'FJ_S3_REGION', 'FJ_S3_ACCESS_KEY_ID', 'FJ_S3_SECRET_ACCESS_KEY'] as const;

/** S3 of Recording components: docs/contracts/fishjam-config.md 2.4. */
export function readS3(environment: Environment): Pick<Config, 's3' | 's3PathPrefix'> {
  const s3PathPrefix = environment.read('FJ_S3_PATH_PREFIX');
  const prefix = s3PathPrefix === undefined ? {} : { s3PathPrefix };
  const bucket = environment.read('FJ_S3_BUCKET');
  const region = environment.read('FJ_S3_REGION');
  const accessKeyId = environment.read('FJ_S3_ACCESS_KEY_ID');
  const secretAccessKey = environment.read('FJ_S3_SECRET_ACCESS_KEY');
  if (bucket !== undefined && region !== undefined && accessKeyId && secretAccessKey) {
    return { s3: { bucket, region, accessKeyId, secretAccessKey }, ...prefix };
  }
  const missing = names.filter((name) => environment.text(name) === undefined);
  if (missing.length === names.length) return prefix;
  throw new ConfigError(incomplete(environment, missing));
}

/** The names in the list lack `S3_` in the reference as well. */
function incomplete(environment: Environment, missing: readonly (typeof names)[number][]): string {
  const all = names.map((name) => `\`${environment.jellyfish ? name.replace('FJ_', 'JF_') : name}\``);
  const listed = missing.map((name) => `"${environment.nameOf(name).replace('_S3_', '_')}"`);
  return (
    `Either all S3 credentials have to be set: ${all.join(', ')}, or none must be set. ` +
    `Currently, the following required credentials are missing: [${listed.join(', ')}].`
  );
}
