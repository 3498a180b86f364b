// A telephone among participants that are no peers, in what is recorded of its room, and in its webhook.
import { join } from 'node:path';
import t from 'tap';
import { decodeServerMessage } from '../../src/notification/server-message.ts';
import { cameraPipeline, RtspServer } from '../component/rtsp/rtsp-server.ts';
import { fixedNumbers } from '../component/sip/kamailio.ts';
import { lacking } from '../component/sip/peer-process.ts';
import { eventually } from '../eventually.ts';
import { Receiver } from '../net/receiver.ts';
import { meanToneLevel, part } from '../tone.ts';
import { RecordedProgram } from './recorded-program.ts';
import { roomTones, Telephones } from './telephones.ts';

const skip = await lacking('kamailio', 'baresip', 'openssl');
const variables = {
  FJ_COMPONENTS_USED: 'sip file rtsp',
  SHOAL_PROGRAM_SIZE: '320x180',
  SHOAL_SIP_VERIFY_TLS: 'true',
};
const telephones = skip ? undefined : await Telephones.start(t, variables);
/** Said by the camera, in Hz. */
const cameraTone = 440;
const phoneTone = 700;

/** What the tests stand on; they are skipped without. */
function rig(): Telephones {
  if (!telephones) throw new Error('skipped');
  return telephones;
}

/** What a webhook was told of calls: the component, and what is with its call. */
function toldOfCalls(receiver: Receiver): [componentId: string, what: string][] {
  return receiver.requests.flatMap(({ body }) => {
    const { content } = decodeServerMessage(body);
    if (content.case === 'dtmfReceived') return [[content.value.componentId, `key ${content.value.digit}`]];
    if (content.case !== 'callChanged') return [];
    const { componentId, state, reason } = content.value;
    return [[componentId, [state, reason].filter(Boolean).join(' ')]];
  });
}

t.test('a telephone hears cameras and files, is recorded, and is told of at the webhook', { skip }, async (t) => {
  const { server } = rig();
  const receiver = await Receiver.start(t);
  const cameras = await RtspServer.start({ mounts: { '/camera': { launch: cameraPipeline({ audio: 'pcmu' }) } } });
  t.teardown(() => cameras.kill());
  const id = await server.createRoom({ videoCodec: 'h264', webhookUrl: receiver.url });
  await rig().add(id, 'rtsp', { sourceUri: cameras.url('/camera') });
  await rig().add(id, 'file', { filePath: 'tone.ogg' });
  await rig().backend.saw(id, 'TrackAdded', 3);

  const untold = await rig().register(id, '2002');
  await rig().dial(id, untold, fixedNumbers.busy);
  await rig().leaves(id, untold);

  const phone = await rig().phone('1001', { codecs: ['PCMA/8000/1'], tone: phoneTone });
  const component = await rig().register(id, '2001', { notify: true });
  await rig().dial(id, component, '1001');
  await rig().reaches(id, component, 'in_call');
  await rig().backend.saw(id, 'TrackAdded', 4);
  const output = (await server.ask('POST', `/room/${id}/output`, { type: 'file' })).json.data;
  await eventually('it is recorded', async () => {
    const { json } = await server.ask('GET', `/room/${id}/output/${output.id}`);
    return json.data.state === 'running';
  });
  await phone.hearsFor(3000);
  await server.delete(`/room/${id}/output/${output.id}`);
  await phone.press('5');
  await eventually('the key is told', () => rig().toldDigits(component) === '5');
  await rig().hangUp(id, component);

  const { heard } = await phone.recorded();
  const sound = part(heard, 700);
  for (const tone of [cameraTone, roomTones[1]]) {
    t.ok(meanToneLevel(sound, tone) > 0.1, `${tone}: ${meanToneLevel(sound, tone)}`);
  }
  t.ok(meanToneLevel(sound, phoneTone) < 0.01, `${meanToneLevel(sound, phoneTone)} of its own`);
  await server.logged('An output of a room has finished.');
  const program = await RecordedProgram.read(join(server.config.resourcesBasePath, output.target));
  const silence = program.loudness(phoneTone + 150);
  for (const tone of [phoneTone, cameraTone, roomTones[1]]) {
    t.ok(program.loudness(tone) > 20 * silence, `${tone}: ${program.loudness(tone)}, and ${silence} where none is`);
  }
  await eventually('the webhook is told of the end', () => toldOfCalls(receiver).at(-1)?.[1] === 'ended user_hangup');
  t.same(
    toldOfCalls(receiver).filter(([, what]) => what !== 'ringing'),
    ['calling', 'in_call', 'key 5', 'ended user_hangup'].map((what) => [component, what]),
    'and of no other call',
  );
  await phone.switchOff();
  await server.delete(`/room/${id}`);
});

t.test('a registrar whose certificate nobody vouches for is not used, and it is said why', { skip }, async (t) => {
  const { server } = rig();
  const id = await server.createRoom();
  const tls = `127.0.0.1:${rig().kamailio.tlsPort}`;
  for (const address of [`${tls};transport=tls`, `sips:${tls}`]) {
    const component = await rig().addAccount(id, '2001', { address });
    await rig().dial(id, component, '1001');
    const status = async () => (await server.ask('GET', `/sip/${id}/${component}/call`)).json.data;
    await eventually('it is not registered', async () => (await status()).registration.state === 'failed');
    const shown = { registration: { state: 'failed', error: 'untrusted' }, call: { state: 'pending' } };
    t.match(await status(), shown, address);
    const line = server.log.find(
      ({ message, metadata }) =>
        metadata['component_id'] === component && message === 'A SIP account is not registered.',
    );
    const cause = 'The certificate is not valid (127.0.0.1): DEPTH_ZERO_SELF_SIGNED_CERT';
    t.match(line, { severity: 'warning', metadata: { registrar: '127.0.0.1', code: 'untrusted', cause } });
    await server.delete(`/room/${id}/component/${component}`);
  }
  await server.delete(`/room/${id}`);
});
