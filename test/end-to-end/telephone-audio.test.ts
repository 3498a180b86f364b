// What telephones and the participants of a room hear of each other: docs/contracts/fishjam-rest.md 6.5 and 7.
import t, { type Test } from 'tap';
import { lacking } from '../component/sip/peer-process.ts';
import { eventually } from '../eventually.ts';
import { dropOuts, meanToneLevel, part, type Sound, soundLength } from '../tone.ts';
import { roomTones, Telephones } from './telephones.ts';

const skip = await lacking('kamailio', 'baresip', 'openssl');
/** Said by telephones, in Hz. */
const phoneTone = 700;
const otherPhoneTone = 950;

/** How long a telephone listens before it is judged, in ms, and how much of the beginning does not count. */
const listening = 2500;
const settling = 700;
/** How much of it has to be as it should, in ms: a machine that has no time leaves gaps elsewhere. */
const judged = 1000;
/** Share of frames that may be missing even there. */
const tolerance = 0.15;

/** The tones of the room are there, equally loud and without gaps, and not the telephone's own. @param other tone of another telephone */
function holds(t: Test, heard: Sound, own: number, name: string, other?: number): void {
  const sound = clearest(part(heard, settling));
  const [one, two] = roomTones.map((tone) => meanToneLevel(sound, tone)) as [number, number];
  t.ok(Math.min(one, two) > 0.1, `${name}: ${one} and ${two}`);
  t.ok(Math.max(one, two) < 1.5 * Math.min(one, two), `${name}: ${one} and ${two}`);
  t.ok(meanToneLevel(sound, own) < 0.02, `${name}: ${meanToneLevel(sound, own)} of its own`);
  if (other !== undefined) t.ok(meanToneLevel(sound, other) > 0.1, `${name}: ${meanToneLevel(sound, other)}`);
  const gaps = dropOuts(sound);
  t.ok(gaps <= (tolerance * judged) / 10, `${name}: ${gaps} gaps`);
}

/** The part with the fewest gaps. */
function clearest(sound: Sound): Sound {
  const starts = Array.from(
    { length: Math.max(Math.floor((soundLength(sound) - judged) / 100), 1) },
    (_, at) => at * 100,
  );
  const parts = starts.map((start) => part(sound, start, start + judged));
  return parts.reduce((best, each) => (dropOuts(each) < dropOuts(best) ? each : best));
}

const telephones = skip ? undefined : await Telephones.start(t);

/** What the tests stand on; they are skipped without. */
function rig(): Telephones {
  if (!telephones) throw new Error('skipped');
  return telephones;
}

t.test('a telephone hears the room without itself, and is heard, in each codec', { skip }, async (t) => {
  const { backend } = rig();
  const room = await rig().openRoom();
  const codecs = [
    { user: '1001', codec: 'PCMA/8000/1', name: 'pcma' },
    { user: '1001', codec: 'PCMU/8000/1', name: 'pcmu' },
    { user: '1001', codec: 'opus/48000/2', name: 'opus' },
  ] as const;
  for (const [index, { user, codec, name }] of codecs.entries()) {
    const phone = await rig().phone(user, { codecs: [codec], tone: phoneTone });
    const component = await rig().register(room.id, '2001');
    await rig().dial(room.id, component, user);
    const call = await rig().reaches(room.id, component, 'in_call');
    t.match(call, { codec: name, encrypted: false, direction: 'outgoing', party: user, reason: null });
    // after those of the peer and the file, and of the calls before
    const added = (await backend.saw(room.id, 'TrackAdded', 3 + index)).at(-1);
    t.match(added, { name: 'TrackAdded', metadata: 'null' });
    await phone.hearsFor(listening);
    await room.peer.hears(phoneTone);
    await rig().hangUp(room.id, component);
    holds(t, (await phone.recorded()).heard, phoneTone, name);
    await backend.saw(room.id, 'TrackRemoved', 1 + index);
    await rig().leaves(room.id, component);
    await phone.switchOff();
  }
  const names = backend.of(room.id).map(({ name }) => name);
  t.same(
    names.filter((name) => /Track|Component/.test(name)),
    ['TrackAdded', 'TrackAdded', ...Array(3).fill(['TrackAdded', 'TrackRemoved']).flat()],
  );
  await rig().endRoom(room);
});

t.test('over TLS the sound is encrypted as well', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1001', { transport: 'tls', encryption: 'srtp', codecs: ['PCMA/8000/1'] });
  for (const [index, address] of [
    `127.0.0.1:${rig().kamailio.tlsPort};transport=tls`,
    `sips:127.0.0.1:${rig().kamailio.tlsPort}`,
  ].entries()) {
    const component = await rig().register(room.id, '2001', { address });
    await rig().dial(room.id, component, '1001');
    t.match(await rig().reaches(room.id, component, 'in_call'), { encrypted: true }, address);
    await phone.hearsFor(listening);
    await room.peer.hears(phoneTone);
    await rig().hangUp(room.id, component);
    holds(t, (await phone.recorded(index + 1)).heard, phoneTone, address);
    await rig().leaves(room.id, component);
  }
  await phone.switchOff();
  await rig().endRoom(room);
});

t.test('a telephone without encryption is called over TLS, unless the address is a sips one', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1001', { codecs: ['PCMA/8000/1'] });
  const { tlsPort } = rig().kamailio;
  const component = await rig().register(room.id, '2001', { address: `127.0.0.1:${tlsPort};transport=tls` });
  await rig().dial(room.id, component, '1001');
  t.match(await rig().reaches(room.id, component, 'in_call'), { encrypted: false });
  await rig().hangUp(room.id, component);
  await rig().leaves(room.id, component);
  const secure = await rig().register(room.id, '2001', { address: `sips:127.0.0.1:${tlsPort}` });
  await rig().dial(room.id, secure, '1001');
  t.match(await rig().reaches(room.id, secure, 'ended'), { reason: 'no_common_codec', status: 488 });
  await phone.switchOff();
  await rig().endRoom(room);
});

t.test('a telephone holds and resumes, and keys go both ways, over TCP', { skip }, async (t) => {
  const room = await rig().openRoom();
  const phone = await rig().phone('1001', { tone: phoneTone, transport: 'tcp' });
  const component = await rig().register(room.id, '2001', { address: `${rig().kamailio.address};transport=tcp` });
  await rig().dial(room.id, component, '1001');
  await rig().reaches(room.id, component, 'in_call');
  await phone.press('7#');
  await eventually('the keys of the telephone are told', () => rig().toldDigits(component) === '7#');
  const { status } = await rig().server.ask('POST', `/sip/${room.id}/${component}/dtmf`, { digits: '12*' });
  t.equal(status, 204);
  await phone.sees('CALL_DTMF_START', 3);
  t.equal(phone.pressed, '12*');

  await phone.hold();
  await rig().reaches(room.id, component, 'held');
  await phone.resume();
  await rig().reaches(room.id, component, 'in_call');
  await room.peer.hears(phoneTone);
  await phone.hangUp();
  await rig().leaves(room.id, component);
  t.same(rig().toldStates(component).slice(-4), ['in_call', 'held', 'in_call', 'ended: remote_hangup']);
  await phone.switchOff();
  await rig().endRoom(room);
});

t.test('two telephones in one room hear each other', { skip }, async (t) => {
  const room = await rig().openRoom();
  const one = await rig().phone('1001', { tone: phoneTone, codecs: ['PCMA/8000/1'] });
  const other = await rig().phone('1002', { tone: otherPhoneTone, codecs: ['opus/48000/2'] });
  const components = [await rig().register(room.id, '2001'), await rig().register(room.id, '2002')];
  for (const [index, component] of components.entries()) {
    await rig().dial(room.id, component, index === 0 ? '1001' : '1002');
    await rig().reaches(room.id, component, 'in_call');
  }
  await other.hearsFor(listening);
  for (const component of components) await rig().hangUp(room.id, component);
  const { heard: byOther } = await other.recorded();
  holds(t, byOther, otherPhoneTone, 'the second', phoneTone);
  const { heard: byOne } = await one.recorded();
  // the second came later
  const sound = part(byOne, soundLength(byOne) - soundLength(byOther));
  holds(t, sound, phoneTone, 'the first', otherPhoneTone);
  await rig().endRoom(room);
});

t.test('nothing of this is an error in the log', { skip }, async (t) => {
  t.same(
    rig().server.log.filter(({ severity }) => severity === 'error'),
    [],
  );
});
