import t from 'tap';
import { errorTable } from '../../src/error/error-table.ts';
import { ShoalError } from '../../src/error/shoal-error.ts';

t.test('an error has the status and the text of its code', async (t) => {
  const error = new ShoalError('componentLimitReached', 'hls', 'r');
  t.equal(error.status, 400);
  t.equal(error.message, 'Reached hls components limit in room r');
  t.equal(error.code, 'componentLimitReached');
  t.ok(error instanceof Error);
});

t.test('the texts that clients compare are to the letter', async (t) => {
  const wire = (code: keyof typeof errorTable, ...values: string[]) => {
    const { status, text } = errorTable[code] as { status: number; text: (...values: string[]) => string };
    return `${status} ${text(...values)}`;
  };
  const wanted = [
    [wire('missingToken'), '401 Missing token'],
    [wire('invalidToken'), '401 Invalid token'],
    [wire('invalidBody'), '400 Invalid request body structure'],
    [wire('roomNotFound', 'r'), '404 Room r does not exist'],
    [wire('roomExists', 'r'), '400 Cannot add room with id "r" - room already exists'],
    [wire('peerNotFound', 'p'), '404 Peer p does not exist'],
    [wire('invalidPeerType'), '400 Invalid peer type'],
    [wire('peersDisabled'), '400 Peers of type webrtc are disabled on this Fishjam'],
    [wire('peerLimitReached', 'r'), '503 Reached webrtc peers limit in room r'],
    [wire('componentNotFound', 'c'), '404 Component c does not exist'],
    [wire('componentNotAddressable', 'c'), '400 Component c does not exist'],
    [wire('invalidComponentType'), '400 Invalid component type'],
    [wire('componentsDisabled', 'hls'), '400 Components of type hls are disabled on this Fishjam'],
    [wire('incompatibleCodec', 'r'), '400 Incompatible video codec enforced in room r'],
    [wire('componentLimitReached', 'hls', 'r'), '400 Reached hls components limit in room r'],
    [wire('subscribeUnsupported'), '400 Subscribe mode is supported only for HLS and Recording components'],
    [wire('subscribeModeAuto', 'c'), '400 Component c option `subscribe_mode` is set to :auto'],
    [wire('notSipForCall', 'c'), '400 Component c is not a SIP component'],
    [wire('notSipForHangUp', 'c'), '400 Component c is not SIP component'],
    [wire('noCall', 'c'), '409 Component c has no call that was answered'],
    [wire('invalidDtmf'), '400 Expected 1 to 64 digits of 0-9*#ABCD'],
    [wire('dtmfUnsupported', 'c'), '409 The telephone of component c takes no DTMF'],
    [wire('recordingsUnavailable'), '404 Unable to obtain recordings'],
    [wire('recordingNotFound'), '404 Recording not found'],
    [wire('invalidRecordingId', 'i'), '400 Invalid recording id, got: i'],
    [wire('invalidRecording', 'i'), '400 Invalid recording, got: i'],
    [wire('fileNotFound'), '404 File not found'],
    [wire('invalidRecordingFilename', 'f'), '400 Invalid filename, got: f'],
    [wire('invalidHlsFilename', 'f'), '400 Invalid filename, got f'],
  ];
  for (const [found, text] of wanted) t.equal(found, text);
});
