import t from 'tap';
import { toNtpTime } from '../../../../src/rtp/rtcp.ts';
import { EndpointClock } from '../../../../workers/media/ingest/endpoint-clock.ts';
import { TrackClock } from '../../../../workers/media/ingest/track-clock.ts';
import { HeldClock } from '../../../clock/held-clock.ts';

const frame = 3000;
const start = 4_294_960_000;

function report(ntpMs: number, rtpTimestamp: number) {
  return { ssrc: 1, ntpTime: toNtpTime(ntpMs), rtpTimestamp: rtpTimestamp >>> 0, packetCount: 0, octetCount: 0 };
}

/** Frames 1/30 s apart; timestamps wrap. @param at when frame `index` arrives */
function locateAll(track: TrackClock, count: number, at: (index: number) => number, first = 0): number[] {
  return Array.from({ length: count }, (_, index) =>
    track.locate((start + (first + index) * frame) >>> 0, at(first + index)),
  );
}

t.test('without a report times are arrivals without their jitter', async (t) => {
  const track = new TrackClock(new EndpointClock(new HeldClock()), 90_000);
  const times = locateAll(track, 60, (index) => 1000 + (index * 1000) / 30 + (index % 3) * 8);
  for (const [index, time] of times.entries()) {
    t.ok(Math.abs(time - (1000 + (index * 1000) / 30)) < 4, `frame ${index}: ${time}`);
  }
});

t.test('with reports sound and picture of one capture have one time, reached in small steps', async (t) => {
  const endpoint = new EndpointClock(new HeldClock());
  const sound = new TrackClock(endpoint, 90_000);
  const picture = new TrackClock(endpoint, 90_000);
  // captured together; the picture takes 150 ms longer
  const soundAt = (index: number) => 1000 + (index * 1000) / 30;
  const pictureAt = (index: number) => soundAt(index) + 150;
  const before = [locateAll(sound, 10, soundAt), locateAll(picture, 10, pictureAt)];
  t.ok(Math.abs((before[1]?.[9] ?? 0) - (before[0]?.[9] ?? 0) - 150) < 5, 'nobody can know yet');
  for (const track of [sound, picture]) track.report(report(1_700_000_000_000, start));
  const [heard, seen] = [locateAll(sound, 60, soundAt, 10), locateAll(picture, 60, pictureAt, 10)];
  t.ok(Math.abs((seen.at(-1) ?? 0) - (heard.at(-1) ?? 0)) < 1, 'together in the end');
  const steps = seen.slice(1).map((time, index) => time - (seen[index] ?? 0) - 1000 / 30);
  t.ok(Math.min(...steps) > -5.01 && Math.max(...steps) < 5.01, 'at most 5 ms a frame');
});

t.test('a report that makes no sense changes nothing', async (t) => {
  const endpoint = new EndpointClock(new HeldClock());
  const [sound, picture] = [new TrackClock(endpoint, 90_000), new TrackClock(endpoint, 90_000)];
  const at = (index: number) => 1000 + (index * 1000) / 30;
  sound.report(report(1_700_000_000_000, start));
  picture.report(report(1_800_000_000_000, start));
  locateAll(sound, 60, at);
  for (const [index, time] of locateAll(picture, 60, at).entries())
    t.ok(Math.abs(time - at(index)) < 10, `frame ${index}`);
});

t.test('timestamps that jump begin anew', async (t) => {
  const track = new TrackClock(new EndpointClock(new HeldClock()), 90_000);
  track.locate(0, 1000);
  t.equal(track.locate(900_000_000, 1033), 1033);
});
