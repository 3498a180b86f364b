// Whatever a telephone made the server allocate ends with its call, however it ends.
import t from 'tap';
import { ScriptedProvider } from './component/sip/scripted-provider.ts';
import { eventually } from './eventually.ts';
import { MediaWorkers } from './media-workers.ts';
import { OpenResources } from './open-resources.ts';
import { PeerClient } from './peer-client.ts';
import { PortBlock } from './port-block.ts';
import { apiToken, RunningServer } from './running-server.ts';
import { offerText } from './signalling/sdp/offers.ts';

/** Calls that end in each way: more than there are ports for at once. */
const callsPerWay = 3;

/** Where messages are repeated, and remembered for those who repeat theirs, for 32 s (RFC 3261 section 17), and the end of that waited for. */
const transactions = '/src/component/sip/transaction/';

t.test('transports, tracks, ports, timers and sockets of a telephone end with its call', async (t) => {
  const workers = new MediaWorkers();
  const resources = new OpenResources();
  t.teardown(() => resources.close());
  const provider = await ScriptedProvider.open(t);
  const { min } = await PortBlock.claim(t);
  const variables = { FJ_SIP_IP: '127.0.0.1', SHOAL_SIP_RTP_PORT_RANGE: `${min}-${min + 3}` };
  const server = await RunningServer.start(t, variables, () => resources.watch());
  const roomId = await server.createRoom();
  const speaker = await server.addPeer(roomId);
  const client = await PeerClient.join(t, server.host, speaker.token);
  await client.negotiate(offerText([{ mid: '0', kind: 'audio', lines: ['a=ssrc:1 cname:x'] }]), { 0: 'audio' });

  const open = () => resources.list.filter((place) => !place.includes(transactions));
  const componentsOfRoom = async () => (await server.room(roomId)).components.length;

  /** A call of an account of its own. */
  const call = async (phoneNumber: string) => {
    const registrarCredentials = { address: provider.address, username: '1000', password: 'secret' };
    const body = { type: 'sip', options: { registrarCredentials } };
    const { id } = (await server.ask('POST', `/room/${roomId}/component`, body)).json.data;
    const url = `/sip/${roomId}/${id}/call`;
    const headers = { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' };
    // the response has no content type
    await fetch(`http://${server.host}${url}`, { method: 'POST', headers, body: JSON.stringify({ phoneNumber }) });
    return { id, url };
  };

  const answered = async () => {
    const before = (await workers.parts()).length;
    const made = await call('1');
    await eventually('the room hears it', async () => {
      const { components } = await server.room(roomId);
      return components.some(
        ({ id, tracks }: { id: string; tracks: unknown[] }) => id === made.id && tracks.length === 1,
      );
    });
    t.ok((await workers.parts()).length >= before + 2, 'it has a transport and a track');
    return made;
  };

  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    'the telephone hangs up': () => answered().then(() => provider.hangUp()),
    'its backend hangs up': () => answered().then(({ url }) => server.ask('DELETE', url)),
    'its component is deleted': () => answered().then(({ id }) => server.delete(`/room/${roomId}/component/${id}`)),
    'it is busy': () => call('486'),
    'its number is none': () => call('nobody'),
  };
  // the process of the audio, and the room's track on its way there, are there from the first call on
  await server.ask('DELETE', (await answered()).url);
  await eventually('the component leaves', async () => (await componentsOfRoom()) === 0);
  const partsBefore = (await workers.parts()).sort();
  const openBefore = open().length;
  for (const [way, end] of Object.entries(ways)) {
    for (let count = 0; count < callsPerWay; count += 1) {
      await end();
      await eventually(`the component leaves: ${way}`, async () => (await componentsOfRoom()) === 0);
    }
    await eventually(`no part is left: ${way}`, async () => {
      return (await workers.parts()).sort().join() === partsBefore.join();
    });
    await eventually(`no timer or socket is left: ${way}`, () => open().length <= openBefore);
  }
  const reasons = (await server.ask('GET', `/sip/${roomId}/call`)).json.data.map(
    ({ reason }: { reason: string }) => reason,
  );
  const expected = ['remote_hangup', 'user_hangup', 'component_closed', 'busy', 'bad_number'];
  t.strictSame(reasons, ['user_hangup', ...expected.flatMap((reason) => Array(callsPerWay).fill(reason))]);
});
