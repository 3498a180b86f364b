import { z } from 'zod';
import { ComponentOptionsFile, ComponentPropertiesFile } from '../../component/file/options.ts';
import { ComponentOptionsHLS, ComponentPropertiesHLS } from '../../component/hls/options.ts';
import { ComponentOptionsRecording, ComponentPropertiesRecording } from '../../component/recording/options.ts';
import { ComponentOptionsRTSP, ComponentPropertiesRTSP } from '../../component/rtsp/options.ts';
import { ComponentOptionsSIP, ComponentPropertiesSIP } from '../../component/sip/options.ts';
import type { Component } from '../../room/component.ts';
import type { ComponentType } from '../../room/endpoint.ts';
import { TrackSchema, trackJson } from './track-json.ts';

/** The schema of one kind of component. */
function componentSchema<T extends ComponentType, P extends z.ZodType>(
  id: string,
  name: string,
  type: T,
  properties: P,
) {
  return z
    .object({
      id: z.string().describe('Assigned component ID').meta({ example: 'component-1' }),
      type: z.literal(type).describe('Component type'),
      properties,
      tracks: z.array(TrackSchema).describe("List of all component's tracks"),
    })
    .meta({ id, description: `Describes the ${name} component` });
}

const schemas = {
  hls: componentSchema('ComponentHLS', 'HLS', 'hls', ComponentPropertiesHLS),
  rtsp: componentSchema('ComponentRTSP', 'RTSP', 'rtsp', ComponentPropertiesRTSP),
  file: componentSchema('ComponentFile', 'File', 'file', ComponentPropertiesFile),
  sip: componentSchema('ComponentSIP', 'SIP', 'sip', ComponentPropertiesSIP),
  recording: componentSchema('ComponentRecording', 'Recording', 'recording', ComponentPropertiesRecording),
};

export const componentTypes = Object.keys(schemas) as ComponentType[];

export const ComponentSchema = z
  .discriminatedUnion('type', [schemas.hls, schemas.rtsp, schemas.file, schemas.sip, schemas.recording])
  .meta({
    id: 'Component',
    description: 'Describes component',
    type: 'object',
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(
        Object.entries(schemas).map(([type, schema]) => [type, `#/components/schemas/${schema.meta()?.id}`]),
      ),
    },
  });

/** docs/contracts/fishjam-rest.md 3.4. */
export function componentJson(component: Component): z.infer<typeof ComponentSchema> {
  return {
    id: component.id,
    type: component.type,
    properties: component.source.properties(),
    tracks: Array.from(component.tracks.values(), trackJson),
    // The properties are those of the type: each kind of component knows its own.
  } as z.infer<typeof ComponentSchema>;
}

/** What requests may say of a component; each kind checks its own. */
export const ComponentOptions = z
  .xor([
    ComponentOptionsHLS,
    ComponentOptionsRTSP,
    ComponentOptionsFile,
    ComponentOptionsSIP,
    ComponentOptionsRecording,
  ])
  .meta({ id: 'ComponentOptions', description: 'Component-specific options', type: 'object' });
