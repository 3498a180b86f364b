import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { SrtpKeys } from '../../../src/component/sip/media/negotiated-media.ts';
import { SrtpReceiver, SrtpSender } from '../../../src/media/rtp/srtp.ts';
import { dropOuts, part, type Sound, sine, toneLevel } from '../../tone.ts';
import { PhoneCall, roomPayloadType, roomSsrc } from './phone-call.ts';

/** Asserts that a tone is in it, as loud as it was made. */
function hears(t: Test, sound: Sound, frequency: number): void {
  const level = toneLevel(part(sound, 100, 900), frequency);
  t.ok(Math.abs(level - 0.3) < 0.03, `${frequency} Hz: ${level.toFixed(3)}`);
}

for (const codec of ['pcma', 'pcmu', 'opus'] as const) {
  t.test(`${codec}: each side hears the other`, async (t) => {
    const call = await PhoneCall.open(t, { codec });
    t.equal(call.phone.rate, call.rate);
    const received = new Promise<void>((resolve) => call.phone.observer.once('received', resolve));
    await call.say(call.packetsOf(sine(700, 1000, call.rate)));
    await call.hear(sine(440, 1000, call.rate));
    await Promise.all([call.whenArrived({ heard: 50, said: 50 }), received]);

    hears(t, call.heardSound, 440);
    t.ok(toneLevel(call.heardSound, 700) < 0.01, 'and not itself');
    t.equal(dropOuts(part(call.heardSound, 100, 900)), 0);
    hears(t, call.saidSound, 700);
    t.equal(dropOuts(part(call.saidSound, 100, 900)), 0);
    t.ok(call.said.every(({ ssrc, payloadType }) => ssrc === roomSsrc && payloadType === roomPayloadType));
  });

  for (const packetTime of [10, 20, 30, 40, 60]) {
    t.test(`${codec}: packets of ${packetTime} ms`, async (t) => {
      const call = await PhoneCall.open(t, { codec, packetTime });
      // Opus has no frames of 30 ms
      const duration = codec === 'opus' && packetTime === 30 ? 20 : packetTime;
      await call.say(call.packetsOf(sine(700, 1200, call.rate), duration));
      await call.hear(sine(440, 1200, call.rate));
      await call.whenArrived({ heard: 1200 / duration, said: codec === 'opus' ? 1200 / duration : 60 });
      hears(t, call.heardSound, 440);
      hears(t, call.saidSound, 700);
      const steps = call.heard.map(
        ({ timestamp }, index) => timestamp - (call.heard[index - 1]?.timestamp ?? timestamp),
      );
      const ticks = (duration * call.rate) / 1000;
      t.ok(steps.slice(1).every((step) => step === ticks || step === ticks - 2 ** 32));
      t.same(
        call.heard.flatMap(({ marker }, index) => (marker ? [index] : [])),
        [0],
        'one talk spurt',
      );
    });
  }
}

for (const suite of ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const) {
  t.test(`${suite}: each side hears the other, and nobody else`, async (t) => {
    const key = () => randomBytes(30).toString('base64');
    const srtp: SrtpKeys = { suite, local: key(), remote: key() };
    const call = await PhoneCall.open(t, { srtp });
    const [ours, theirs] = [new SrtpReceiver({ suite, key: srtp.local }), new SrtpSender({ suite, key: srtp.remote })];
    const forged = call.strange();
    await call.say([forged, ...call.packetsOf(sine(700, 1000, 8000)).map((packet) => theirs.rtp(packet)), forged]);
    await call.hear(sine(440, 1000, 8000));
    await call.whenArrived({ heard: 50, said: 50 });
    t.equal(call.phone.strangers, 2);
    hears(t, call.saidSound, 700);
    const opened = call.far.packets.map((packet) => ours.rtp(packet)).filter((packet) => packet !== undefined);
    t.equal(opened.length, 50);
    call.far.packets.splice(0, 50, ...opened);
    hears(t, call.heardSound, 440);
  });
}
