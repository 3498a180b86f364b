import { z } from 'zod';
import { SIPCredentials, SubscribeMode } from './component-properties.ts';

/** `options` of the components, as requests may give them: docs/contracts/fishjam-rest.md 6.2 to 6.6. */

const S3Credentials = z
  .object({
    accessKeyId: z.string().describe('An AWS access key identifier, linked to your AWS account'),
    secretAccessKey: z.string().describe('The secret key that is linked to the Access Key ID'),
    region: z.string().describe('The AWS region where your bucket is located'),
    bucket: z.string().describe('The name of the S3 bucket where your data will be stored'),
  })
  .meta({
    id: 'S3Credentials',
    title: 'S3Credentials',
    description: 'Credentials to AWS S3. Nothing is uploaded without them',
  });

const ComponentOptionsHLS = z
  .object({
    lowLatency: z.boolean().default(false).describe('Whether the component should use LL-HLS'),
    persistent: z.boolean().default(false).describe('Whether the video is stored after end of stream'),
    targetWindowDuration: z.int().nullable().optional().describe('Duration of stream available for viewer, in seconds'),
    subscribeMode: SubscribeMode('HLS').default('auto'),
    s3: S3Credentials.nullable().optional(),
  })
  .meta({
    id: 'ComponentOptionsHLS',
    title: 'ComponentOptionsHLS',
    description: 'Options specific to the HLS component',
  });

const ComponentOptionsRTSP = z
  .object({
    sourceUri: z.string().describe('URI of RTSP source stream').meta({ example: 'rtsp://localhost:554/stream' }),
    rtpPort: z.int().min(1).max(65535).default(20000).describe('Local port RTP stream will be received at'),
    reconnectDelay: z.int().min(0).default(15000).describe('Delay (in ms) between successive reconnect attempts'),
    keepAliveInterval: z
      .int()
      .min(0)
      .default(15000)
      .describe('Interval (in ms) in which keep-alive RTSP messages will be sent to the remote stream source'),
    pierceNat: z
      .boolean()
      .default(true)
      .describe('Whether an empty datagram is sent to the source after the RTSP setup, to create a NAT binding'),
  })
  .meta({
    id: 'ComponentOptionsRTSP',
    title: 'ComponentOptionsRTSP',
    description: 'Options specific to the RTSP component',
  });

const ComponentOptionsFile = z
  .object({
    filePath: z
      .string()
      .describe('Path to track file, relative to the folder of sources: Opus encapsulated in Ogg, or raw H264')
      .meta({ example: 'intro/video.h264' }),
    framerate: z.int().min(1).nullable().optional().describe('Frame rate; for video only').meta({ example: 30 }),
  })
  .meta({
    id: 'ComponentOptionsFile',
    title: 'ComponentOptionsFile',
    description: 'Options specific to the File component',
  });

const ComponentOptionsSIP = z.object({ registrarCredentials: SIPCredentials }).meta({
  id: 'ComponentOptionsSIP',
  title: 'ComponentOptionsSIP',
  description: 'Options specific to the SIP component',
});

const ComponentOptionsRecording = z
  .object({
    pathPrefix: z.string().nullable().optional().describe('Path prefix under which all recording are stored'),
    credentials: S3Credentials.nullable().optional(),
    subscribeMode: SubscribeMode('Recording').default('auto'),
    // Ours; the others are Fishjam's.
    composed: z.boolean().default(false).describe('Whether the room is recorded as one picture, too (Shoal)'),
  })
  .meta({
    id: 'ComponentOptionsRecording',
    title: 'ComponentOptionsRecording',
    description: 'Options specific to the Recording component',
  });

export const ComponentOptions = z
  .xor([
    ComponentOptionsHLS,
    ComponentOptionsRTSP,
    ComponentOptionsFile,
    ComponentOptionsSIP,
    ComponentOptionsRecording,
  ])
  .meta({
    id: 'ComponentOptions',
    title: 'ComponentOptions',
    description: 'Component-specific options',
    type: 'object',
  });
