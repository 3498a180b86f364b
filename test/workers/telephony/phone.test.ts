import t from 'tap';
import { dropOuts, part, sine, toneLevel } from '../../tone.ts';
import { PhoneCall, roomPayloadType, roomSsrc } from './phone-call.ts';

for (const codec of ['pcma', 'pcmu', 'opus'] as const) {
  t.test(`${codec}: each side hears the other`, async (t) => {
    const call = await PhoneCall.open(t, { codec });
    t.equal(call.phone.rate, call.rate);
    const received = new Promise<void>((resolve) => call.phone.observer.once('received', resolve));
    await call.say(call.packetsOf(sine(700, 1000, call.rate)));
    await call.hear(sine(440, 1000, call.rate));
    await Promise.all([call.far.whenReceived(50), call.room.whenReceived(50), received]);

    const heard = part(call.heardSound, 100, 900);
    t.ok(Math.abs(toneLevel(heard, 440) - 0.3) < 0.03, 'the phone hears 440 Hz');
    t.ok(toneLevel(heard, 700) < 0.01, 'and not itself');
    t.equal(dropOuts(heard), 0);
    const said = part(call.saidSound, 100, 900);
    t.ok(Math.abs(toneLevel(said, 700) - 0.3) < 0.03, 'the room hears 700 Hz');
    t.equal(dropOuts(said), 0);
    t.ok(call.said.every(({ ssrc, payloadType }) => ssrc === roomSsrc && payloadType === roomPayloadType));
  });
}
