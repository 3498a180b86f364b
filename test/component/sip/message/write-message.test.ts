import t from 'tap';
import { parseDatagram } from '../../../../src/component/sip/message/parse-message.ts';
import { SipHeaders } from '../../../../src/component/sip/message/sip-headers.ts';
import { writeMessage } from '../../../../src/component/sip/message/write-message.ts';
import { okResponse, optionsRequest } from './samples.ts';

t.test('what is written is read as it was', async (t) => {
  const request = optionsRequest('SIP/2.0/UDP a;branch=z9hG4bK1', 'bödy');
  request.headers.append('Subject', 'grüße');
  request.headers.append('Content-Length', '99');
  const text = writeMessage(request).toString();
  t.equal(
    text,
    [
      'OPTIONS sip:b@example.org SIP/2.0',
      'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
      'From: <sip:a@example.org>;tag=1',
      'To: <sip:b@example.org>',
      'Call-ID: one',
      'CSeq: 1 OPTIONS',
      'Subject: grüße',
      'Content-Length: 5',
      '',
      'bödy',
    ].join('\r\n'),
  );
  for (const message of [request, okResponse(request)]) {
    const parsed = parseDatagram(writeMessage(message));
    t.match(parsed, { ...message, headers: {} });
    const lines = (headers: SipHeaders) => [...headers].filter(([name]) => name !== 'content-length');
    t.strictSame(parsed && lines(parsed.headers), lines(message.headers));
  }
});

t.test('nothing that comes from outside can end a line', async (t) => {
  const request = optionsRequest('SIP/2.0/UDP a');
  const response = okResponse(request);
  const withHeader = (name: string, value: string) => ({
    ...request,
    headers: new SipHeaders([...request.headers, [name, value]]),
  });
  const messages = {
    'a line break in a value': withHeader('Subject', 'a\r\nContact: <sip:x@y>'),
    'a line feed': withHeader('Subject', 'a\nb'),
    'a carriage return': withHeader('Subject', 'a\rb'),
    'a zero': withHeader('Subject', 'a\u0000'),
    'a colon in a name': withHeader('Subject: a', 'b'),
    'an empty name': withHeader('', 'b'),
    'a line break in a name': withHeader('a\r\nb', 'c'),
    'a blank in the URI': { ...request, uri: 'sip:a b' },
    'a line break in the URI': { ...request, uri: 'sip:a SIP/2.0\r\nX: ' },
    'a number as URI': { ...request, uri: '123' },
    'a bracket in the URI': { ...request, uri: 'sip:a>' },
    'a blank in the method': { ...request, method: 'A B' },
    'no method': { ...request, method: '' },
    'a line break in the reason': { ...response, reason: 'OK\r\nX: y' },
    'a status that is none': { ...response, status: 99 },
    'a broken status': { ...response, status: 200.5 },
  };
  for (const [name, message] of Object.entries(messages)) {
    t.throws(() => writeMessage(message), { code: 'bad_message' }, name);
  }
});
