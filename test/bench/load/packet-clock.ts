/** Length of a packet of voice, in ms. */
export const packetTime = 20;

/** Calls a function every 20 ms of real time, each time for all ticks that are due. @returns a function that ends this */
export function everyPacket(send: (tick: number) => void, offset = 0): () => void {
  const start = performance.now() + offset;
  let tick = 0;
  let timer: NodeJS.Timeout;
  const run = () => {
    for (; start + tick * packetTime <= performance.now(); tick += 1) send(tick);
    timer = setTimeout(run, Math.max(0, start + tick * packetTime - performance.now()));
  };
  timer = setTimeout(run, offset);
  return () => clearTimeout(timer);
}
