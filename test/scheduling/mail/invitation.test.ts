import t from 'tap';
import { invitationOf } from '../../../src/scheduling/mail/invitation.ts';
import { sampleAnnouncement } from '../announcement-samples.ts';

t.test('both languages say what, when, who and where', async (t) => {
  const announcement = sampleAnnouncement();
  const { subject, text, html } = invitationOf(announcement);
  t.equal(subject, 'Einladung / Invitation: Planning');
  t.equal(
    text,
    [
      ...['Sie sind zu einer Konferenz eingeladen.', '', 'Konferenz: Planning'],
      'Zeit: Donnerstag, 1. Juli 2021, 13:00–13:45 (Europe/Berlin, GMT+2)',
      ...['Organisiert von: a@example.org', 'Konferenznummer: 121625130000', `Teilnehmen: ${announcement.joinUrl}`],
      ...['', '--------', '', 'You are invited to a conference.', '', 'Conference: Planning'],
      'Time: Thursday, 1 July 2021, 13:00–13:45 (Europe/Berlin, GMT+2)',
      ...['Organised by: a@example.org', 'Conference number: 121625130000', `Join: ${announcement.joinUrl}`, ''],
    ].join('\n'),
  );
  t.match(html, '<a href="https://meet.example.org/join/meet.example.org?data=dWlk&amp;sig=abc">');
  t.notMatch(html, /<img|<script|<link|<style|url\(/i, 'nothing is fetched');
});

t.test('every kind of change has its words; who does not take part gets no link', async (t) => {
  const rows = [
    ['room.created', 'Einladung / Invitation: Planning', 'You are invited to a conference.', true],
    ['participant.added', 'Einladung / Invitation: Planning', 'You are invited to a conference.', true],
    ['room.updated', 'Änderung / Update: Planning', 'A conference has changed.', true],
    ['room.deleted', 'Absage / Cancellation: Planning', 'A conference was cancelled.', false],
    [
      ...(['participant.removed', 'Ausladung / Removal: Planning'] as const),
      ...(['You were removed from the participants of a conference.', false] as const),
    ],
  ] as const;
  for (const [type, subject, sentence, hasLink] of rows) {
    const invitation = invitationOf(sampleAnnouncement({ type }));
    t.equal(invitation.subject, subject);
    for (const body of [invitation.text, invitation.html]) {
      t.ok(body.includes(sentence), type);
      t.equal(body.includes('sig=abc'), hasLink, type);
    }
  }
});

t.test('names of strangers are text', async (t) => {
  const name = `</td><script>alert("1")</script>&amp;'`;
  const moderator = { name: '<b>Boss</b>', address: 'a@example.org' };
  const { subject, html } = invitationOf(sampleAnnouncement({ name, moderator }));
  t.equal(subject, `Einladung / Invitation: ${name}`);
  t.notMatch(html, /<script|<b>/);
  t.match(html, '&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;');
  t.match(html, '&lt;b&gt;Boss&lt;/b&gt; (a@example.org)');
});

t.test('a conference without a name has its number', async (t) => {
  const { subject, text } = invitationOf(sampleAnnouncement({ name: '' }));
  t.equal(subject, 'Einladung / Invitation: 121625130000');
  t.notMatch(text, 'Konferenz: ');
});
