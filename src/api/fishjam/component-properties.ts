import { z } from 'zod';

/** `properties` of the components, as answers show them: docs/contracts/fishjam-rest.md 3.4. */

export const SubscribeMode = (kind: string) =>
  z
    .enum(['auto', 'manual'])
    .describe(`Whether the ${kind} component should subscribe to tracks automatically or manually`);

export const ComponentPropertiesHLS = z
  .object({
    playable: z.boolean().describe('Whether the generated HLS playlist is playable'),
    lowLatency: z.boolean().describe('Whether the component uses LL-HLS'),
    persistent: z.boolean().describe('Whether the video is stored after end of stream'),
    targetWindowDuration: z.int().nullable().describe('Duration of stream available for viewer, in seconds'),
    subscribeMode: SubscribeMode('HLS'),
    s3: z.any().meta({ nullable: true, enum: [null], description: 'Always null: credentials are not shown' }),
  })
  .meta({
    id: 'ComponentPropertiesHLS',
    title: 'ComponentPropertiesHLS',
    description: 'Properties specific to the HLS component',
  });

export const ComponentPropertiesRTSP = z
  .object({
    sourceUri: z.string().describe('URI of RTSP source stream'),
    rtpPort: z.int().describe('Local port RTP stream will be received at'),
    reconnectDelay: z.int().describe('Delay (in ms) between successive reconnect attempts'),
    keepAliveInterval: z
      .int()
      .describe('Interval (in ms) in which keep-alive RTSP messages will be sent to the remote stream source'),
    pierceNat: z
      .boolean()
      .describe('Whether an empty datagram is sent to the source after the RTSP setup, to create a NAT binding'),
  })
  .meta({
    id: 'ComponentPropertiesRTSP',
    title: 'ComponentPropertiesRTSP',
    description: 'Properties specific to the RTSP component',
  });

export const ComponentPropertiesFile = z
  .object({
    filePath: z.string().describe('Relative path to track file: Opus encapsulated in Ogg, or raw H264'),
    framerate: z.int().nullable().describe('Frame rate of the video; null for audio').meta({ example: 30 }),
  })
  .meta({
    id: 'ComponentPropertiesFile',
    title: 'ComponentPropertiesFile',
    description: 'Properties specific to the File component',
  });

export const SIPCredentials = z
  .object({
    address: z
      .string()
      .describe('SIP provider address: a name or an IPv4 address, with a port unless it is 5060')
      .meta({ example: 'example.org' }),
    username: z.string().describe('Username in SIP service provider'),
    password: z.string().describe('Password in SIP service provider'),
  })
  .meta({
    id: 'SIPCredentials',
    title: 'SIPCredentials',
    description: 'Credentials used to authorize in SIP Provider service',
  });

export const ComponentPropertiesSIP = z.object({ registrarCredentials: SIPCredentials }).meta({
  id: 'ComponentPropertiesSIP',
  title: 'ComponentPropertiesSIP',
  description: 'Properties specific to the SIP component',
});

export const ComponentPropertiesRecording = z.object({ subscribeMode: SubscribeMode('Recording') }).meta({
  id: 'ComponentPropertiesRecording',
  title: 'ComponentPropertiesRecording',
  description: 'Properties specific to the Recording component',
});
