import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import { ChosenOrigins } from '../../program/origin-filter.ts';
import type { ProgramFeeds } from '../../program/program-feeds.ts';
import type { Component } from '../../room/component.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import type { ComponentKind } from '../component-kind.ts';
import { Hls, type HlsTiming } from './hls.ts';
import { readHlsOptions } from './options.ts';
import type { StreamStorage } from './stream-storage.ts';

export interface HlsKindOptions {
  readonly feeds: ProgramFeeds;
  readonly storage: StreamStorage;
  readonly events: RoomEvents;
  readonly timing: HlsTiming;
  /** Rooms of any codec may be streamed: the program is composed anew all the same. */
  readonly anyCodec: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** HLS as the API sees it: docs/contracts/fishjam-rest.md 6.1, 6.2 and 6.8. */
export function hlsKind({ storage, anyCodec, ...parts }: HlsKindOptions): ComponentKind {
  return {
    codecRule: !anyCodec,
    limit: 1,
    async create(room, given) {
      const options = readHlsOptions(given);
      const origins = options.subscribeMode === 'manual' ? new ChosenOrigins() : undefined;
      const stored = await storage.open(room, options);
      return await new Hls({ room, options, origins, stored, ...parts }).enter();
    },
    subscribe: (component, origins) => sourceOf(component).origins?.add(origins),
    content: (component) => sourceOf(component).stream,
  };
}

function sourceOf(component: Component): Hls {
  return component.source as Hls;
}
