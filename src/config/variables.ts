import { clusterVariables } from './cluster-variables.ts';
import { generalVariables, webhookVariables } from './general-variables.ts';
import { jibriVariables } from './jibri-variables.ts';
import { mediaVariables } from './media-variables.ts';
import { programVariables } from './program-variables.ts';
import { storageVariables } from './storage-variables.ts';

/** Every environment variable the server reads, beside `NODE_ENV`. */
export const variables = {
  ...generalVariables,
  ...mediaVariables,
  ...clusterVariables,
  ...storageVariables,
  ...programVariables,
  ...jibriVariables,
  ...webhookVariables,
};

export type VariableName = keyof typeof variables;
