import t from 'tap';
import { SipError } from '../../../src/component/sip/sip-error.ts';
import { keyOf, readTelephoneEvent } from '../../../src/media/rtp/telephone-event.ts';
import { KeySender } from '../../../workers/telephony/key-sender.ts';

/** All ticks until nothing is left: `1:160` for an update, `1:800!` for an end, `|` between ticks. */
function sent(sender: KeySender): string {
  const ticks: string[] = [];
  while (sender.active) {
    const packets = sender.next().map(({ payload, begins, offset }) => {
      const { duration, end, ...event } = readTelephoneEvent(payload) ?? { duration: 0, end: false, event: 99 };
      return `${begins ? '>' : ''}${offset ? `+${offset} ` : ''}${keyOf(event)}:${duration}${end ? '!' : ''}`;
    });
    ticks.push(packets.join(' '));
  }
  return ticks.join('|');
}

t.test('an update every 20 ms, three ends, and a pause between two keys', async (t) => {
  const sender = new KeySender(8000);
  const done = sender.send('1#', 60);
  t.equal(sent(sender), '>1:160|1:320|1:480!|1:480!|1:480!|||>#:160|#:320|#:480!|#:480!|#:480!||');
  await done;
});

t.test('durations that are not whole ticks, and other clock rates', async (t) => {
  const sender = new KeySender(8000);
  sender.use(48_000);
  void sender.send('A', 50);
  t.equal(sent(sender), '>A:960|A:1920|A:2400!|A:2400!|A:2400!||');
});

t.test('what is longer than a packet can tell is sent in parts', async (t) => {
  const sender = new KeySender(48_000);
  void sender.send('5', 2000);
  const ticks = sent(sender).split('|');
  t.equal(ticks[67], '5:65280');
  t.equal(ticks[68], '5:65535 +65535 5:705');
  t.same(ticks.slice(-5), ['+65535 5:30465!', '+65535 5:30465!', '+65535 5:30465!', '', '']);
});

t.test('requests follow one another; each ends with its last key', async (t) => {
  const sender = new KeySender(8000);
  const order: string[] = [];
  const first = sender.send('12', 40).then(() => order.push('first'));
  const second = sender.send('3', 40).then(() => order.push('second'));
  t.match(sent(sender), /^>1.*>2.*>3/);
  await Promise.all([first, second]);
  t.same(order, ['first', 'second']);
  await sender.send('', 40);
  t.notOk(sender.active, 'no key, nothing to do');
});

t.test('no more than 256 keys wait', async (t) => {
  const sender = new KeySender(8000);
  const waiting = sender.send('1'.repeat(255), 40);
  const last = sender.send('2', 40);
  await t.rejects(sender.send('3', 40), { code: 'failed' });
  const keys = [...sent(sender).matchAll(/>(.):/g)].map(([, key]) => key);
  t.same([keys.length, keys.at(-1)], [256, '2']);
  await Promise.all([waiting, last]);
});

t.test('keys that are cancelled fail, and leave nothing behind', async (t) => {
  const sender = new KeySender(8000);
  const keys = t.rejects(sender.send('123', 100), { code: 'closed' });
  sender.next();
  sender.cancel(new SipError('closed'));
  await keys;
  t.notOk(sender.active);
  void sender.send('4', 20);
  t.equal(sent(sender), '>4:160!|4:160!|4:160!||');
});
