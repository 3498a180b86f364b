import { componentVariables, jellyfishVariables, sipVariables } from './components.ts';
import { databaseVariables } from './database.ts';
import { distributionVariables } from './distribution.ts';
import type { VariableGroup } from './environment.ts';
import { generalVariables, metricsVariables } from './general.ts';
import { httpVariables } from './http.ts';
import { jibriListenerVariables, jibriVariables, sessionLimitVariables, webhookTokenVariables } from './jibri.ts';
import { limitVariables } from './limits.ts';
import { logVariables } from './log.ts';
import { outboundVariables, rtspVariables, s3NetworkVariables } from './networks.ts';
import { onDemandVariables } from './ondemand.ts';
import {
  anyCodecVariable,
  edgesVariable,
  formatVariables,
  hlsVariables,
  otherFormatVariables,
  programVariables,
  rtmpVariables,
} from './program.ts';
import { s3PathPrefixVariable, s3Variables } from './s3.ts';
import { schedulingVariables } from './scheduling.ts';
import { secretVariables } from './secrets.ts';
import { telephonyVariables } from './sip.ts';
import { retentionVariables, s3EndpointVariable, storageVariables } from './storage.ts';
import { turnVariables } from './turn.ts';
import type { Variable } from './variable.ts';
import { webhookVariables } from './webhook.ts';
import { webRtcVariables, workerVariables } from './webrtc.ts';

/** The sections of the configuration table with their variables, both in the order in which they are printed. */
export const sections: Readonly<Record<string, readonly VariableGroup[]>> = {
  General: [
    secretVariables,
    httpVariables,
    componentVariables,
    generalVariables,
    metricsVariables,
    logVariables,
    outboundVariables,
  ],
  WebRTC: [webRtcVariables, workerVariables],
  TURN: [turnVariables],
  RTSP: [rtspVariables],
  SIP: [sipVariables, telephonyVariables],
  S3: [s3Variables, { s3PathPrefixVariable }, s3NetworkVariables, { s3EndpointVariable }],
  Storage: [storageVariables, retentionVariables],
  Program: [formatVariables, programVariables, hlsVariables, { edgesVariable }, rtmpVariables, { anyCodecVariable }],
  Recorders: [
    jibriListenerVariables,
    jibriVariables,
    webhookTokenVariables,
    sessionLimitVariables,
    otherFormatVariables,
  ],
  Database: [databaseVariables],
  'Recorders on demand': [onDemandVariables],
  'Scheduled conferences': [schedulingVariables],
  Distribution: [distributionVariables],
  Limits: [limitVariables],
  Webhooks: [webhookVariables],
  Jellyfish: [jellyfishVariables],
};

/** Every environment variable that the server reads, beside `NODE_ENV`. */
export const variables: readonly Variable[] = Object.values(sections)
  .flat()
  .flatMap(Object.values<Variable>);
