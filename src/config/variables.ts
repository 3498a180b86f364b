import { componentVariables } from './components.ts';
import { distributionVariables } from './distribution.ts';
import type { VariableGroup } from './environment.ts';
import { generalVariables, metricsVariables } from './general.ts';
import { httpVariables } from './http.ts';
import { jibriListenerVariables, jibriVariables, sessionLimitVariables, webhookTokenVariables } from './jibri.ts';
import { logVariables } from './log.ts';
import { outboundVariables, rtspVariables, s3NetworkVariables } from './networks.ts';
import {
  anyCodecVariable,
  formatVariables,
  hlsVariables,
  otherFormatVariables,
  programVariables,
  rtmpVariables,
} from './program.ts';
import { s3PathPrefixVariable, s3Variables } from './s3.ts';
import { secretVariables } from './secrets.ts';
import { retentionVariables, storageVariables } from './storage.ts';
import { turnVariables } from './turn.ts';
import type { Variable } from './variable.ts';
import { webhookVariables } from './webhook.ts';
import { webRtcVariables, workerVariables } from './webrtc.ts';

const groups: readonly VariableGroup[] = [
  secretVariables,
  httpVariables,
  componentVariables,
  generalVariables,
  metricsVariables,
  logVariables,
  outboundVariables,
  webRtcVariables,
  workerVariables,
  turnVariables,
  rtspVariables,
  s3Variables,
  { s3PathPrefixVariable },
  s3NetworkVariables,
  storageVariables,
  retentionVariables,
  formatVariables,
  programVariables,
  hlsVariables,
  rtmpVariables,
  { anyCodecVariable },
  jibriListenerVariables,
  jibriVariables,
  webhookTokenVariables,
  sessionLimitVariables,
  otherFormatVariables,
  distributionVariables,
  webhookVariables,
];

/** Every environment variable that the server reads, beside `NODE_ENV`, in the order of the table. */
export const variables: readonly Variable[] = groups.flatMap((group) => Object.values(group));
