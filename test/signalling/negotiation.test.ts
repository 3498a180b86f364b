import t from 'tap';
import { Negotiation } from '../../src/signalling/negotiation.ts';
import { HeldClock } from '../clock/held-clock.ts';

function create() {
  const clock = new HeldClock();
  const said: string[] = [];
  const negotiation = new Negotiation({
    clock,
    sendOfferData: () => said.push('offerData'),
    onSettled: () => said.push('settled'),
  });
  return { clock, said, negotiation };
}

t.test('changes within the batch delay lead to one negotiation', async (t) => {
  const { clock, said, negotiation } = create();
  for (let change = 0; change < 20; change += 1) negotiation.request();
  t.same(said, []);
  clock.advance(100);
  t.same(said, ['offerData']);
});

t.test('a request of the client starts a negotiation at once', async (t) => {
  const { said, negotiation } = create();
  negotiation.request();
  negotiation.requestedByClient();
  t.same(said, ['offerData']);
});

/** The client is asked, announces two changes meanwhile, and its offer has so many. @returns number of offers it was asked for */
function roundsAfter(changes: number, meanwhile = (_: Negotiation): void => undefined): number {
  const { clock, said, negotiation } = create();
  negotiation.request({ atOnce: true });
  negotiation.requestedByClient();
  negotiation.requestedByClient();
  meanwhile(negotiation);
  negotiation.offerReceived();
  negotiation.offerRead(changes, true);
  negotiation.answerSent(1000);
  clock.advance(2000);
  return said.filter((what) => what === 'offerData').length;
}

t.test(
  'changes that a client announces while its offer is awaited need no further one when it has them all',
  async (t) => {
    t.equal(roundsAfter(2), 1);
    t.equal(roundsAfter(1), 2);
    t.equal(roundsAfter(0), 2);
    t.equal(
      roundsAfter(2, (negotiation) => negotiation.request()),
      2,
      'nor do they hide changes of others',
    );
  },
);

t.test('a change that an earlier offer did not have does not stand for a later one', async (t) => {
  const { clock, said, negotiation } = create();
  negotiation.request({ atOnce: true });
  negotiation.requestedByClient();
  const answer = (changes: number) => {
    t.equal(negotiation.offerReceived(), true);
    negotiation.offerRead(changes, true);
    negotiation.answerSent(1000);
    clock.advance(2000);
  };
  answer(0);
  negotiation.requestedByClient();
  answer(1);
  t.equal(said.filter((what) => what === 'offerData').length, 3, 'the second offer had the first of two');
});

t.test('a change that is announced while no offer comes is not forgotten', async (t) => {
  const { clock, said, negotiation } = create();
  negotiation.request({ atOnce: true });
  negotiation.requestedByClient();
  clock.advance(10_100);
  t.same(said, ['offerData', 'offerData']);
});

t.test('requests during a negotiation lead to exactly one more', async (t) => {
  const { clock, said, negotiation } = create();
  negotiation.request({ atOnce: true });
  negotiation.request();
  t.equal(negotiation.offerReceived(), true);
  negotiation.request({ atOnce: true });
  negotiation.answerSent(1000);
  negotiation.request();
  negotiation.settled();
  clock.advance(100);
  t.same(said, ['offerData', 'settled', 'offerData']);
});

t.test('a negotiation ends after its timeout when the client does not respond', async (t) => {
  const { clock, said, negotiation } = create();
  negotiation.request({ atOnce: true });
  negotiation.offerReceived();
  negotiation.answerSent(2500);
  clock.advance(2499);
  t.same(said, ['offerData']);
  clock.advance(1);
  t.same(said, ['offerData', 'settled']);
  t.equal(negotiation.state, 'idle');
  negotiation.settled();
  t.same(said, ['offerData', 'settled'], 'a late sign changes nothing');
});

t.test('an offer that was not requested is refused', async (t) => {
  const { negotiation } = create();
  t.equal(negotiation.offerReceived(), false);
  negotiation.request({ atOnce: true });
  t.equal(negotiation.offerReceived(), true);
  t.equal(negotiation.offerReceived(), false, 'the second one of a round');
});

t.test('a client that sends no offer in time does not block later negotiations and may send it late', async (t) => {
  const { clock, said, negotiation } = create();
  negotiation.request({ atOnce: true });
  clock.advance(10_000);
  t.equal(negotiation.state, 'idle');
  t.equal(negotiation.offerReceived(), true, 'late, but asked for');
  negotiation.answerSent(10);
  clock.advance(10);
  negotiation.request();
  clock.advance(100);
  t.same(said, ['offerData', 'settled', 'offerData']);
});

t.test('a slow client is asked again, and both of its offers are answered', async (t) => {
  const { clock, said, negotiation } = create();
  negotiation.request({ atOnce: true });
  negotiation.request();
  clock.advance(10_100);
  t.same(said, ['offerData', 'offerData']);
  t.equal(negotiation.offerReceived(), true, 'the first one comes');
  negotiation.answerSent(1000);
  t.equal(negotiation.offerReceived(), true, 'then the second one, for whose answer the client waits');
  negotiation.answerSent(1000);
  t.equal(negotiation.offerReceived(), false, 'but no third one');
  clock.advance(1000);
  t.equal(negotiation.state, 'idle');
  t.same(said, ['offerData', 'offerData', 'settled']);
});

t.test('a closed negotiation does nothing', async (t) => {
  const { clock, said, negotiation } = create();
  negotiation.request();
  negotiation.close();
  clock.advance(60_000);
  negotiation.request({ atOnce: true });
  t.equal(negotiation.offerReceived(), false);
  t.same(said, []);
});
