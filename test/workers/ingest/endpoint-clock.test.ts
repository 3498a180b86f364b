import t from 'tap';
import { EndpointClock } from '../../../workers/ingest/endpoint-clock.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function note(endpoint: EndpointClock, lateness: number, count = 64): void {
  for (let index = 0; index < count; index += 1) endpoint.note('video', lateness);
}

t.test('the fastest arrival counts, for a while', async (t) => {
  const endpoint = new EndpointClock(new HeldClock());
  t.equal(endpoint.transit(0, 1000), 1000);
  t.equal(endpoint.transit(4000, 4950), 950);
  t.equal(endpoint.transit(4100, 5100), 950);
  t.equal(endpoint.transit(16_000, 17_200), 950, 'one window later it is still known');
  t.equal(endpoint.transit(32_000, 33_200), 1200);
});

t.test('changes are followed in small steps, equally by all tracks', async (t) => {
  const endpoint = new EndpointClock(new HeldClock());
  t.equal(endpoint.transit(0, 1150), 1150);
  t.equal(endpoint.transit(100, 1100), 1150, 'an earlier arrival that is heard of late');
  t.equal(endpoint.transit(250, 1250), 1135);
  t.equal(endpoint.transit(200, 1350), 1120, 'the slower one, too');
  t.equal(endpoint.transit(5000, 6000), 1000);
});

t.test('the delay grows at once and shrinks after ten seconds', async (t) => {
  const clock = new HeldClock();
  const endpoint = new EndpointClock(clock);
  t.equal(endpoint.delay, 60);
  note(endpoint, 30);
  t.equal(endpoint.delay, 60);
  note(endpoint, 190);
  t.equal(endpoint.delay, 200);
  note(endpoint, 30);
  clock.advance(9000);
  note(endpoint, 30);
  t.equal(endpoint.delay, 200);
  clock.advance(1000);
  note(endpoint, 30);
  t.equal(endpoint.delay, 60);
});

t.test('a new track is judged by its first arrivals', async (t) => {
  const endpoint = new EndpointClock(new HeldClock());
  note(endpoint, 150, 3);
  t.equal(endpoint.delay, 60);
  note(endpoint, 150, 1);
  t.equal(endpoint.delay, 160);
});

t.test('the delay is bounded, ignores outliers and forgets tracks', async (t) => {
  const clock = new HeldClock();
  const endpoint = new EndpointClock(clock);
  note(endpoint, 30, 63);
  note(endpoint, 900, 1);
  t.equal(endpoint.delay, 60);
  note(endpoint, 5000);
  t.equal(endpoint.delay, 400);
  endpoint.forget('video');
  for (let second = 0; second < 12; second += 1) {
    for (let index = 0; index < 16; index += 1) endpoint.note('audio', 0);
    clock.advance(1000);
  }
  t.equal(endpoint.delay, 60);
});
