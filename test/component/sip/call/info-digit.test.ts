import t from 'tap';
import { digitOfInfo } from '../../../../src/component/sip/call/info-digit.ts';
import { testRequest } from '../scripted-peer.ts';

const digit = (type: string, body: string) => {
  const request = testRequest('INFO', { body });
  request.headers.append('content-type', type);
  return digitOfInfo(request);
};

t.test('keys by INFO', async (t) => {
  for (const [written, key] of ['0 0', '9 9', '* *', '# #', 'd D', '10 *', '11 #', '12 A', '15 D'].map((each) =>
    each.split(' '),
  )) {
    t.equal(digit('application/dtmf-relay', `Duration=100\r\nSignal= ${written}\r\n`), key);
    t.equal(digit('application/dtmf', ` ${written}\n`), key);
  }
});

t.test('anything else is no key', async (t) => {
  t.equal(digit('application/dtmf-relay', '5'), undefined);
  t.equal(digit('application/dtmf-relay', 'Signal=16'), undefined);
  t.equal(digit('application/dtmf-relay', 'Signal='), undefined);
  t.equal(digit('application/dtmf', '55'), undefined);
  t.equal(digit('application/dtmf', 'constructor'), undefined);
  t.equal(digit('application/dtmf', `${' '.repeat(300)}5`), undefined);
  t.equal(digit('text/plain', '5'), undefined);
});
