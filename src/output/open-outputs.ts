import { basename, dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import { AddressGuard } from '../net/address-guard.ts';
import type { Credentials } from '../net/digest-authentication.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { Storage } from '../storage/open-storage.ts';
import { StoredFolder } from '../storage/stored-folder.ts';
import { WorkingFolder } from '../storage/working-folder.ts';
import { FileOutput } from './file-output.ts';
import type { ProgramOutput } from './program-output.ts';
import { RoomOutputs } from './room-outputs.ts';
import { RtmpOutput } from './rtmp/rtmp-output.ts';
import { isAllowedTarget } from './rtmp/rtmp-target.ts';

export interface OpenOutputsOptions {
  readonly config: Config;
  readonly feeds: ProgramFeeds;
  readonly events: RoomEvents;
  readonly storage: Storage;
  readonly logger: Logger;
}

/** The outputs of a server. */
export interface Outputs {
  /** For recorder sessions. */
  readonly sessionOutputs: {
    openFile(path: string, logger: Logger): ProgramOutput;
    openStream(target: StreamTarget, logger: Logger): ProgramOutput;
  };
  /** For users of the API. */
  readonly roomOutputs: RoomOutputs;
}

interface StreamTarget {
  readonly url: string;
  readonly credentials?: Credentials | undefined;
}

export function openOutputs(options: OpenOutputsOptions): Outputs {
  const { feeds, events, logger, storage } = options;
  const { outbound, rtmp, storage: settings, resourcesBasePath, jibri } = options.config;
  const guard = new AddressGuard(outbound);
  const openStream = (target: StreamTarget, logger: Logger) => new RtmpOutput({ ...target, ...rtmp, guard, logger });
  const roomOutputs = new RoomOutputs({
    ...{ feeds, events, logger },
    openFile: (path, { id: roomId }) => {
      const folder = join(resourcesBasePath, dirname(path));
      const place = new StoredFolder(storage.store, { roomId, folder, upload: storage.upload });
      return new FileOutput({ place, name: basename(path, '.mp4'), logger });
    },
    openStream: (url, credentials) => openStream({ url, credentials }, logger),
    isAllowed: (url) => isAllowedTarget(url, jibri.allowList),
  });
  const openFile = (path: string, logger: Logger) => {
    const place = new WorkingFolder({ destination: dirname(path), leastFree: settings.freeSpace, logger });
    return new FileOutput({ place, name: basename(path, '.mp4'), logger });
  };
  return { roomOutputs, sessionOutputs: { openFile, openStream } };
}
