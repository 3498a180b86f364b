import t from 'tap';
import { descriptionBody } from '../../../../src/component/sip/call/description-body.ts';
import { SipHeaders } from '../../../../src/component/sip/message/sip-headers.ts';

const bodyOf = (text: string, type?: string, encoding?: string) =>
  descriptionBody({
    headers: new SipHeaders([
      ...(type === undefined ? [] : [['content-type', type] as const]),
      ...(encoding === undefined ? [] : [['content-encoding', encoding] as const]),
    ]),
    body: Buffer.from(text),
  });

t.test('a body that is a session description', async (t) => {
  t.equal(bodyOf('v=0', 'Application/SDP; charset=utf-8'), 'v=0');
  t.equal(bodyOf('v=0'), 'v=0');
  t.equal(bodyOf('v=0', 'application/sdp', 'identity'), 'v=0');
  t.equal(bodyOf('', 'application/sdp'), undefined);
});

t.test('one part of several', async (t) => {
  const text = [
    ...['preamble', '--b', 'Content-Type: application/isup', '', 'x'],
    ...['--b', 'Content-Disposition: session', 'content-type: application/sdp', '', 'v=0', 's=-', '--b--', ''],
  ].join('\r\n');
  for (const boundary of ['b', '"b"']) {
    t.equal(bodyOf(text, `multipart/mixed; boundary=${boundary}`), 'v=0\r\ns=-');
  }
});

t.test('other bodies are refused', async (t) => {
  const refused: [text: string, type: string, encoding?: string][] = [
    ['x', 'text/plain'],
    ['v=0', 'application/sdp', 'gzip'],
    ['--b\r\n\r\nv=0', 'multipart/mixed; boundary=b'],
    ['v=0', 'multipart/mixed'],
    ['v=0', 'multipart/mixed; boundary=b'],
    [
      `${'--b\r\nA: b\r\n\r\nx\r\n'.repeat(17)}--b\r\nContent-Type: application/sdp\r\n\r\nv=0`,
      'multipart/mixed; boundary=b',
    ],
  ];
  for (const given of refused) t.throws(() => bodyOf(...given), { code: 'bad_message', status: 415 }, given[1]);
});
