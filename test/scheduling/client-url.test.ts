import t from 'tap';
import { StartError } from '../../src/error/start-error.ts';
import { ClientUrl } from '../../src/scheduling/client-url.ts';

const values = { server: 'https://media.example.org', room: '91', token: 'a.b-c', name: 'Ann & "Bob"\ud800 {room}' };
const encoded = 'https%3A%2F%2Fmedia.example.org';

t.test('what is put into the address of a client changes nothing else in it', async (t) => {
  const url = new ClientUrl('https://app.example.org/{room}?server={server}&token={token}#name={name}');
  const rest = `//app.example.org/91?server=${encoded}&token=a.b-c#name=Ann%20%26%20%22Bob%22%EF%BF%BD%20%7Broom%7D`;
  t.equal(url.of(values), `https:${rest}`);
  t.equal(url.appOf(values), `jitsi-meet:${rest}`);
  const app = new ClientUrl('my-app://join/{room}');
  t.equal(app.appOf(values), 'my-app://join/91', 'a scheme of the operator stays');
});

t.test('what is no address is refused at the start', async (t) => {
  for (const template of ['', '/join?room={room}', 'app.example.org', 'javascript:alert({name})', 'data:{room}']) {
    t.throws(() => new ClientUrl(template), StartError, template);
  }
});
