import t from 'tap';
import {
  file_peer_notifications,
  PeerMessage_AuthenticatedSchema,
  PeerMessage_AuthRequestSchema,
  PeerMessage_MediaEventSchema,
  PeerMessage_RoomTypeSchema,
  PeerMessage_RtcStatsReportSchema,
  PeerMessageSchema,
} from '../../src/protobuf/peer_notifications_pb.js';
import { describedFields } from './described-fields.ts';

t.test('the package is the one of the reference', async (t) => {
  t.equal(file_peer_notifications.proto.package, 'fishjam');
  t.equal(file_peer_notifications.proto.syntax, 'proto3');
});

t.test('the content of a message has the fields of both generations', async (t) => {
  t.strictSame(describedFields(PeerMessageSchema), [
    '1 content: authenticated Authenticated',
    '2 content: auth_request AuthRequest',
    '3 content: media_event MediaEvent',
    '4 content: rtc_stats_report RtcStatsReport',
    '5 content: peer_media_event MediaEvent',
    '6 content: server_media_event MediaEvent',
  ]);
  t.strictSame(
    PeerMessageSchema.fields.slice(4).map(({ message }) => message?.typeName),
    ['fishjam.media_events.peer.MediaEvent', 'fishjam.media_events.server.MediaEvent'],
  );
});

t.test('the messages have the fields of the reference', async (t) => {
  t.strictSame(describedFields(PeerMessage_AuthRequestSchema), ['1 token string', '2 sdk_version string']);
  t.strictSame(describedFields(PeerMessage_AuthenticatedSchema), [
    '1 room_type RoomType',
    '2 sdk_deprecation SdkDeprecation',
  ]);
  t.strictSame(describedFields(PeerMessage_MediaEventSchema), ['1 data string']);
  t.strictSame(describedFields(PeerMessage_RtcStatsReportSchema), ['1 data string']);
  t.strictSame(
    PeerMessage_RoomTypeSchema.values.map(({ number, name }) => [number, name]),
    [
      [0, 'ROOM_TYPE_UNSPECIFIED'],
      [1, 'ROOM_TYPE_CONFERENCE'],
      [2, 'ROOM_TYPE_AUDIO_ONLY'],
      [3, 'ROOM_TYPE_LIVESTREAM'],
    ],
  );
});
