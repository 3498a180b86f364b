import t from 'tap';
import {
  file_server_notifications,
  ServerMessage_EventTypeSchema,
  ServerMessage_TrackTypeSchema,
  ServerMessageSchema,
} from '../../src/protobuf/server_notifications_pb.js';
import { describedFields } from './described-fields.ts';

const roomOnly = ['1 room_id string'];
const roomAndPeer = ['1 room_id string', '2 peer_id string'];
const roomAndComponent = ['1 room_id string', '2 component_id string'];
const ofTrack = [
  '1 room_id string',
  '2 endpoint_info: peer_id string',
  '3 endpoint_info: component_id string',
  '4 track Track',
];
/** Field number, name and fields of each kind of message. */
const table: ReadonlyArray<[number, string, string[]]> = [
  [1, 'room_crashed', roomOnly],
  [2, 'peer_connected', roomAndPeer],
  [3, 'peer_disconnected', roomAndPeer],
  [4, 'peer_crashed', [...roomAndPeer, '3 reason string']],
  [5, 'component_crashed', roomAndComponent],
  [6, 'authenticated', []],
  [7, 'auth_request', ['1 token string']],
  [8, 'subscribe_request', ['1 event_type EventType']],
  [9, 'subscribe_response', ['1 event_type EventType']],
  [10, 'room_created', roomOnly],
  [11, 'room_deleted', roomOnly],
  [12, 'metrics_report', ['1 metrics string']],
  [13, 'hls_playable', roomAndComponent],
  [14, 'hls_uploaded', roomOnly],
  [15, 'hls_upload_crashed', roomOnly],
  [16, 'peer_metadata_updated', [...roomAndPeer, '3 metadata string']],
  [17, 'track_added', ofTrack],
  [18, 'track_removed', ofTrack],
  [19, 'track_metadata_updated', ofTrack],
  [20, 'peer_added', roomAndPeer],
  [21, 'peer_deleted', roomAndPeer],
  [
    1000,
    'output_changed',
    ['1 room_id string', '2 output_id string', '3 type string', '4 state string', '5 error string'],
  ],
  [
    1001,
    'call_changed',
    [
      ...['1 room_id string', '2 component_id string', '3 call_id string', '4 direction string', '5 party string'],
      ...['6 state string', '7 reason string', '8 status uint32'],
    ],
  ],
  [1002, 'dtmf_received', ['1 room_id string', '2 component_id string', '3 call_id string', '4 digit string']],
  [
    1003,
    'conference_changed',
    [
      ...['1 type string', '2 uid string', '3 number string', '4 server_id uint32', '5 name string', '6 start string'],
      ...['7 end string', '8 email string', '9 join_url string', '10 calendar string'],
    ],
  ],
];

t.test('the package is the one of the reference', async (t) => {
  t.equal(file_server_notifications.proto.package, 'fishjam');
  t.equal(file_server_notifications.proto.syntax, 'proto3');
});

t.test('the content of a message has the fields of the reference', async (t) => {
  t.strictSame(
    ServerMessageSchema.fields.map(({ number, name }) => [number, name]),
    table.map(([number, name]) => [number, name]),
  );
  t.ok(ServerMessageSchema.fields.every(({ oneof }) => oneof?.name === 'content'));
});

for (const [number, name, fields] of table) {
  t.test(`field ${number} is ${name}`, async (t) => {
    const message = ServerMessageSchema.fields.find((field) => field.number === number)?.message;
    if (!message) return t.fail('not a message');
    t.equal(message.parent, ServerMessageSchema, 'nested');
    t.strictSame(describedFields(message), fields);
  });
}

t.test('tracks have the fields of the reference', async (t) => {
  const track = ServerMessageSchema.nestedMessages.find(({ name }) => name === 'Track');
  t.strictSame(track && describedFields(track), ['1 id string', '2 type TrackType', '3 metadata string']);
});

t.test('enumerations have the values of the reference', async (t) => {
  t.strictSame(
    ServerMessage_EventTypeSchema.values.map(({ number, name }) => [number, name]),
    [
      [0, 'EVENT_TYPE_UNSPECIFIED'],
      [1, 'EVENT_TYPE_SERVER_NOTIFICATION'],
      [2, 'EVENT_TYPE_METRICS'],
      [1000, 'EVENT_TYPE_OUTPUT'],
      [1001, 'EVENT_TYPE_SIP'],
      [1002, 'EVENT_TYPE_CONFERENCE'],
    ],
  );
  t.strictSame(
    ServerMessage_TrackTypeSchema.values.map(({ number, name }) => [number, name]),
    [
      [0, 'TRACK_TYPE_UNSPECIFIED'],
      [1, 'TRACK_TYPE_VIDEO'],
      [2, 'TRACK_TYPE_AUDIO'],
    ],
  );
});
