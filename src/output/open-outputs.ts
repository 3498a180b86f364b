import { basename, dirname, relative } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import { AddressGuard } from '../net/address-guard.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { MediaStore, OpenMedia } from '../storage/media-store.ts';
import { FileOutput } from './file-output.ts';
import type { ProgramOutput } from './program-output.ts';
import { RoomOutputs } from './room-outputs.ts';
import { RtmpOutput } from './rtmp/rtmp-output.ts';
import { isAllowedTarget, type RequestedStream } from './rtmp/rtmp-target.ts';

export interface OpenOutputsOptions {
  readonly config: Config;
  readonly feeds: ProgramFeeds;
  readonly events: RoomEvents;
  readonly store: MediaStore;
  readonly logger: Logger;
}

/** The outputs of a server. */
export interface Outputs {
  /** For recorder sessions. */
  readonly sessionOutputs: {
    /** @param media undefined: the disk is full @param name without ending */
    openFile(media: OpenMedia | undefined, name: string, logger: Logger): ProgramOutput;
    openStream(target: RequestedStream, logger: Logger): ProgramOutput;
  };
  /** For users of the API. */
  readonly roomOutputs: RoomOutputs;
}

/** The upload target of files without an account of their own; undefined: they stay on this host. */
export function uploadOf({ s3, s3PathPrefix }: Config): { readonly prefix: string } | undefined {
  return s3 && { prefix: s3PathPrefix ?? '' };
}

export function openOutputs(options: OpenOutputsOptions): Outputs {
  const { config, feeds, events, logger, store } = options;
  const { outbound, rtmp, jibri } = config;
  const guard = new AddressGuard(outbound);
  const openStream = (target: RequestedStream, logger: Logger) => new RtmpOutput({ ...target, ...rtmp, guard, logger });
  const roomOutputs = new RoomOutputs({
    ...{ feeds, events, logger },
    openFile: (path, { id: roomId }) => {
      const folder = relative('outputs', dirname(path));
      const begin = () => store.begin({ kind: 'output', roomId, folder, upload: uploadOf(config) });
      return new FileOutput({ begin, name: basename(path, '.mp4'), logger });
    },
    openStream: (target) => openStream(target, logger),
    isAllowed: (url) => isAllowedTarget(url, jibri.allowList),
  });
  const openFile = (media: OpenMedia | undefined, name: string, logger: Logger) =>
    new FileOutput({ begin: async () => media, name, logger });
  return { roomOutputs, sessionOutputs: { openFile, openStream } };
}
