import t from 'tap';
import { type AnnouncementOptions, announcementsOf } from '../../src/scheduling/announcement.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { sampleAnnouncement, sampleChange, sampleConference, sampleUser } from './announcement-samples.ts';

const { at, joinUrl } = sampleAnnouncement();
const options: AnnouncementOptions = {
  links: { personal: () => joinUrl },
  sender: undefined,
  timeZone: 'Europe/Berlin',
  clock: new HeldClock(at),
};

t.test('each recipient is told what there is at that moment', async (t) => {
  const change = sampleChange(['b@example.org', 'c@example.org']);
  t.strictSame(announcementsOf(change, options), [
    sampleAnnouncement(),
    sampleAnnouncement({ recipient: { name: '', address: 'c@example.org' } }),
  ]);
  t.strictSame(announcementsOf(sampleChange([]), options), []);
});

t.test('times are those of the recipient, else of the conference, else of the server', async (t) => {
  const zone = (user: string | null, conference: string | null) => {
    const recipients = [sampleUser(2, 'b@example.org', { timeZone: user })];
    const change = sampleChange([], { recipients, conference: sampleConference({ timeZone: conference }) });
    return announcementsOf(change, options)[0]?.timeZone;
  };
  t.equal(zone('Asia/Tokyo', 'Europe/London'), 'Asia/Tokyo');
  t.equal(zone(null, 'Europe/London'), 'Europe/London');
  t.equal(zone(null, null), 'Europe/Berlin');
});

t.test('names are lines of bounded length', async (t) => {
  const recipients = [sampleUser(2, 'b@example.org', { firstName: 'B\r\nX: y', lastName: 'y'.repeat(1_000_000) })];
  const conference = sampleConference({ name: `a\r\nBcc: x@example.org ${'x'.repeat(1_000_000)}` });
  const [announcement] = announcementsOf(sampleChange([], { recipients, conference }), options);
  t.match(announcement?.name, /^a Bcc: x@example.org x+…$/);
  t.match(announcement?.recipient.name, /^B X: y y+…$/);
  t.ok(JSON.stringify(announcement).length < 1500);
});

t.test('the sender is of the server of the conference, or the one that is configured', async (t) => {
  const { server } = sampleConference();
  const senderOf = (values: object, sender?: AnnouncementOptions['sender']) => {
    const change = sampleChange(['b@example.org'], {
      conference: sampleConference({ server: { ...server, ...values } }),
    });
    return announcementsOf(change, { ...options, sender })[0]?.sender.address;
  };
  t.equal(senderOf({}), 'no-reply@meet.example.org');
  t.equal(senderOf({ url: 'https://Meet.example.org:8443/jitsi' }), 'no-reply@meet.example.org');
  t.equal(senderOf({ url: 'bücher.example' }), 'no-reply@xn--bcher-kva.example');
  t.equal(senderOf({ url: '192.0.2.1:8443' }), 'no-reply@[192.0.2.1]');
  t.equal(senderOf({ url: 'http://[2001:db8::1]' }), 'no-reply@[IPv6:2001:db8::1]');
  t.equal(senderOf({ url: 'a b\r\n', address: 'https://media.example.org' }), 'no-reply@media.example.org');
  t.equal(senderOf({ url: '', address: '' }), 'no-reply@localhost');
  t.equal(senderOf({}, { name: '', address: 'meet@example.org' }), 'meet@example.org');
});
