// What the benches that record beside the way Jibri does have in common.

/** Of each recording, in seconds; fewer with SHOAL_BENCH_SECONDS. */
export const seconds = Number(process.env['SHOAL_BENCH_SECONDS'] ?? 60);
/** In each room. */
export const publisherCount = 2;
export const frameRate = 30;
/** Both sides need it to get the tracks, so it counts for neither. */
export const sharedPrograms = ['mediasoup-worker'];
/** From the start of a recording to the first measurement, in ms. */
export const settleTime = 3000;
/** For how long a server without recordings is measured, in ms. */
export const idleTime = 5000;
