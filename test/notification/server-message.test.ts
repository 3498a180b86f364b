import t from 'tap';
import {
  decodeServerMessage,
  EventType,
  encodeRoomEvent,
  encodeServerMessage,
} from '../../src/notification/server-message.ts';
import { roomEventSamples } from './room-event-samples.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

for (const [event, bytes] of roomEventSamples) {
  t.test(`encodes ${JSON.stringify(event)}`, (t) => {
    t.equal(hex(encodeRoomEvent(event)), bytes.replaceAll(' ', ''));
    t.equal(decodeServerMessage(encodeRoomEvent(event)).content.case, event.type);
    t.end();
  });
}

t.test('messages of the server socket alone are encoded', (t) => {
  t.equal(hex(encodeServerMessage({ case: 'authenticated', value: {} })), '3200');
  const eventType = EventType.METRICS;
  t.equal(hex(encodeServerMessage({ case: 'subscribeResponse', value: { eventType } })), '4a020802');
  t.equal(hex(encodeServerMessage({ case: 'metricsReport', value: { metrics: '{}' } })), '62040a027b7d');
  t.end();
});

t.test('messages of clients are decoded', (t) => {
  t.match(decodeServerMessage(Buffer.from('3a050a03616263', 'hex')).content, {
    case: 'authRequest',
    value: { token: 'abc' },
  });
  t.match(decodeServerMessage(Buffer.from('42020807', 'hex')).content, {
    case: 'subscribeRequest',
    value: { eventType: 7 },
  });
  t.equal(decodeServerMessage(Buffer.alloc(0)).content.case, undefined);
  t.equal(decodeServerMessage(Buffer.from('f80701', 'hex')).content.case, undefined, 'an unknown field');
  t.throws(() => decodeServerMessage(Buffer.from('ffffffff', 'hex')));
  t.end();
});
