import { EventEmitter, once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { TcpTransport, TlsTransport, TurnProtocol, UdpTransport } from 'werift';
import type { RelayRequest, RelayResult } from './turn-client.ts';

parentPort?.postMessage(await relay(workerData as RelayRequest));

async function relay({ entry, serverIp, peer, text }: RelayRequest): Promise<RelayResult> {
  const { serverPort, username, password, transport } = entry;
  const turn = new TurnProtocol(
    [serverIp, serverPort],
    username,
    password,
    600,
    await open(transport, serverIp, serverPort),
  );
  const received = new EventEmitter();
  turn.onData.subscribe((data) => received.emit('data', data));
  await turn.connectionMade();
  try {
    await turn.getPermission([...peer]);
  } catch (error) {
    return { refused: errorCode(error) };
  }
  const answer = once(received, 'data');
  await turn.sendData(Buffer.from(text), [...peer]);
  return { answer: String((await answer)[0]) };
}

function open(transport: 'udp' | 'tcp' | 'tls', ip: string, port: number) {
  if (transport === 'udp') return UdpTransport.init('udp4');
  if (transport === 'tcp') return TcpTransport.init([ip, port]);
  return TlsTransport.init([ip, port], { rejectUnauthorized: false });
}

/** The library's error holds the answer of the server; without one it was no refusal. */
function errorCode(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('response' in error)) throw error;
  const { response } = error as { response?: { getAttributeValue(name: 'ERROR-CODE'): [number, string] } };
  if (!response) throw error;
  return response.getAttributeValue('ERROR-CODE')[0];
}
