/** An allocation as coturn lists it. */
export interface RelayAllocation {
  readonly id: string;
  readonly peerId: string;
  /** Expiry of the credentials with which it was made, in seconds since the Unix epoch. */
  readonly expiry: number;
  /** Port that it relays from. */
  readonly relayPort: number;
}

const heading = /^ {4}\d+\) id=(\d+), user <(\d+):([^<>]*)>:/;
const relayAddress = /^ {6}relay addr \S*:(\d+)\s*$/;

/** Reads the output of coturn's `ps` and `psp`. */
export function readAllocations(output: string): RelayAllocation[] {
  const allocations: RelayAllocation[] = [];
  let session: Omit<RelayAllocation, 'relayPort'> | undefined;
  for (const line of output.split('\n')) {
    const [, id, expiry, peerId] = heading.exec(line) ?? [];
    if (id !== undefined && peerId !== undefined) session = { id, peerId, expiry: Number(expiry) };
    const port = relayAddress.exec(line)?.[1];
    if (!session || port === undefined) continue;
    allocations.push({ ...session, relayPort: Number(port) });
    session = undefined;
  }
  return allocations;
}
