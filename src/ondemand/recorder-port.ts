import type { Logger } from '../log/logger.ts';
import type { OpenRecorderPort } from './ordered-recorder.ts';
import { writeAddress } from './recorder-address.ts';

/**
 * Opens ports also where customers reach this host at an address that it does not have itself, behind NAT and in containers: they are opened
 * at the address of the other listeners then.
 * @param ip of those
 */
export function listeningAnywhere(open: OpenRecorderPort, ip: string, logger: Logger): OpenRecorderPort {
  return async (slot, address) => {
    try {
      return await open(slot, address);
    } catch (error) {
      if (codeOf(error) !== 'EADDRNOTAVAIL') throw error;
      const port = await open(slot, { ip, port: address.port });
      logger.info(
        { address: writeAddress(address), ip },
        'A recorder listens at FJ_IP: its address is not of this host.',
      );
      return port;
    }
  };
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error ? error.code : codeOf(error.cause);
}
