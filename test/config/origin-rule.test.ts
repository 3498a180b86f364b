import t from 'tap';
import { ConfigError } from '../../src/config/config-error.ts';
import { hostPart, originAllowed, parseOriginRule } from '../../src/config/origin-rule.ts';

interface Case {
  rule: string;
  origin: string | undefined;
  allowed: boolean;
  host?: string;
  tls?: boolean;
  configured?: string;
}

const list = 'https://example.com  //another.com:888 //*.other.com';

const cases: Case[] = [
  { rule: 'false', origin: 'https://evil.example', allowed: true },
  { rule: 'true', origin: undefined, allowed: true },
  { rule: 'true', origin: 'http://media.example.com', allowed: true },
  { rule: 'true', origin: 'https://MEDIA.example.com:9999', allowed: true },
  { rule: 'true', origin: 'https://x.media.example.com', allowed: false },
  { rule: 'true', origin: 'https://example.com', allowed: false },
  { rule: 'true', origin: 'null', allowed: false },
  { rule: 'true', origin: '', allowed: false },
  { rule: 'true', origin: 'https://evil.example/media.example.com', allowed: false },
  { rule: 'true', origin: 'https://media.example.com@evil.example', allowed: false },
  { rule: 'true', origin: 'http://[::1]:80', configured: '[::1]:5002', allowed: true },
  { rule: 'true', origin: 'http://10.0.0.1', configured: '10.0.0.1/path', allowed: true },
  { rule: ':conn', origin: 'http://a.example:5002', host: 'a.example:5002', allowed: true },
  { rule: ':conn', origin: 'http://a.example', host: 'a.example:80', allowed: true },
  { rule: ':conn', origin: 'https://a.example', host: 'a.example', tls: true, allowed: true },
  { rule: ':conn', origin: 'https://a.example', host: 'a.example', tls: false, allowed: false },
  { rule: ':conn', origin: 'http://a.example:5003', host: 'a.example:5002', allowed: false },
  { rule: ':conn', origin: 'http://b.example:5002', host: 'a.example:5002', allowed: false },
  { rule: ':conn', origin: 'http://b.example:5002', allowed: false },
  { rule: ':conn', origin: undefined, allowed: true },
  { rule: list, origin: 'https://example.com', allowed: true },
  { rule: list, origin: 'https://example.com:8443', allowed: true },
  { rule: list, origin: 'http://example.com', allowed: false },
  { rule: list, origin: 'https://www.example.com', allowed: false },
  { rule: list, origin: 'http://another.com:888', allowed: true },
  { rule: list, origin: 'https://another.com:888', allowed: true },
  { rule: list, origin: 'https://another.com', allowed: false },
  { rule: list, origin: 'ftp://other.com', allowed: true },
  { rule: list, origin: 'https://a.b.OTHER.com', allowed: true },
  { rule: list, origin: 'https://another-other.com', allowed: false },
  { rule: list, origin: undefined, allowed: true },
  { rule: '', origin: 'https://example.com', allowed: false },
];

for (const { rule, origin, allowed, host, tls = false, configured = 'media.example.com:443/path' } of cases) {
  t.equal(
    originAllowed(parseOriginRule(rule), origin, host, tls, configured),
    allowed,
    `${rule || '(empty)'} ${allowed ? 'allows' : 'refuses'} ${origin} at ${host ?? configured}`,
  );
}

t.test('an entry that is not an origin fails the start', async (t) => {
  for (const entry of ['example.com', 'https://', 'https://*', 'https://a.*.com', '//a:port', 'https://a/path']) {
    t.throws(() => parseOriginRule(`//good.com ${entry}`), ConfigError, entry);
  }
});

t.test('the host part of an origin is matched', async (t) => {
  t.equal(hostPart('Media.example.com:5002/path'), 'media.example.com');
  t.equal(hostPart('[2001:DB8::1]:5002'), '2001:db8::1');
});
