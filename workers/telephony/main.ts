// The telephony worker: the audio of phone calls. Messages: src/process/message-framing.ts.

import type { FromTelephony, ToTelephony } from '../../src/component/sip/media/telephony-message.ts';
import { WorkerChannel } from '../../src/process/worker-channel.ts';
import { monotonicClock } from '../composer/monotonic-clock.ts';
import { runFirst } from './priority.ts';
import { Switchboard } from './switchboard.ts';

runFirst();
const send = (message: FromTelephony) => channel.send(message);
const switchboard = new Switchboard({ clock: monotonicClock, send });

/** Ends after a signal or the end of the server: phones say goodbye. */
async function exit(): Promise<void> {
  await switchboard.close();
  await channel.close();
  process.exit(0);
}

const channel = new WorkerChannel<ToTelephony, FromTelephony>({
  onMessage: (message) => switchboard.take(message),
  onError: ({ message: reason }) => send({ type: 'trouble', reason }),
  onEnd: exit,
});
process.once('SIGTERM', exit);
process.once('SIGINT', exit);
send({ type: 'ready' });
