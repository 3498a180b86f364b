import { Registry } from 'prom-client';
import t from 'tap';
import { SipError } from '../../src/component/sip/sip-error.ts';
import { createSipSeries } from '../../src/metrics/sip-series.ts';
import { PhoneRoom } from '../component/sip/phone-room.ts';
import { negotiated } from '../component/sip/telephony-double.ts';

t.test('registrations, calls, keys and mixers are counted', async (t) => {
  const room = await PhoneRoom.open(t);
  const registry = new Registry();
  const counts = { lateness: [7, 2, 0, 0, 0, 0, 0, 1], totalLateness: 500, skipped: 3, undecodable: 4, concealed: 5 };
  createSipSeries(registry, room.world.registry, {
    calls: room.calls,
    workers: { pids: [5, 6], counts },
    dropped: { strangers: 8, malformed: 9 },
  });
  const scrape = async () => (await registry.metrics()).split('\n').filter((line) => line !== '' && line[0] !== '#');
  const { sip } = await room.add();
  await room.add();
  t.ok((await scrape()).includes('shoal_sip_registrations{state="registering",error=""} 2'));
  room.telephony.registrations[0]?.succeed();
  sip.dial('1');
  room.telephony.outgoing.observer.emit('answered', negotiated);
  room.telephony.outgoing.phone.observer.emit('dtmf', '1');
  t.match(
    await scrape(),
    new Set([
      'shoal_sip_registrations{state="registered",error=""} 1',
      'shoal_sip_calls{state="in_call",direction="outgoing"} 1',
    ]),
  );
  room.telephony.outgoing.end('remote_hangup');
  room.telephony.registration.refuse(new SipError('unauthorized'));
  const lines = await scrape();
  t.strictSame(
    lines.filter((line) => line.startsWith('shoal_sip')),
    [
      'shoal_sip_ended_calls_total{reason="remote_hangup",direction="outgoing"} 1',
      'shoal_sip_dropped_messages_total{cause="stranger"} 8',
      'shoal_sip_dropped_messages_total{cause="malformed"} 9',
      'shoal_sip_dtmf_total 1',
    ],
  );
  t.strictSame(
    lines.filter((line) => line.startsWith('shoal_telephony') && !line.includes('_bucket')),
    [
      ...['shoal_telephony_workers 2', 'shoal_telephony_lateness_seconds_sum 0.5'],
      ...['shoal_telephony_lateness_seconds_count 10', 'shoal_telephony_skipped_total 3'],
      ...['shoal_telephony_undecodable_total 4', 'shoal_telephony_concealed_total 5'],
    ],
  );
  t.ok(lines.includes('shoal_telephony_lateness_seconds_bucket{le="0.002"} 9'));
  t.notMatch(lines.join(), /geheim/);
});
