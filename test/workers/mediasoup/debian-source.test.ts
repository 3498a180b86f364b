import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { downloadDebianSource, sourcesOfSourcePackages } from '../../../workers/mediasoup/debian-source.mjs';
import { aptWith, sourceRepository, withoutApt } from './source-repository.ts';

const tarball = 'libsrtp2_2.5.0.orig.tar.gz';

t.test('one-line entries for binary packages become entries for source packages with the same options', async (t) => {
  const text = [
    '# deb http://old.example x main',
    'deb [signed-by=/k.gpg arch=amd64] http://m.example/debian bookworm main contrib',
    '  deb\tmirror+file:/etc/apt/mirrors.txt bookworm main',
    'deb-src http://m.example/debian bookworm main',
  ];
  t.strictSame(sourcesOfSourcePackages('/etc/apt/sources.list', text.join('\n')).split('\n'), [
    text[0],
    'deb-src [signed-by=/k.gpg arch=amd64] http://m.example/debian bookworm main contrib',
    'deb-src\tmirror+file:/etc/apt/mirrors.txt bookworm main',
    text[3],
  ]);
});

t.test('so do stanzas, also those with a key in them', async (t) => {
  const stanza = (types: string) =>
    `Types: ${types}\nURIs: http://m.example\nSuites: bookworm\nSigned-By:\n -----BEGIN\n`;
  const expected = `${stanza('deb-src')}\n${stanza('deb-src')}`;
  t.equal(sourcesOfSourcePackages('x.sources', `${stanza('deb')}\n${stanza('deb deb-src')}`), expected);
});

t.test('other files of the folder are not read, as apt does not', async (t) => {
  t.equal(sourcesOfSourcePackages('debian.sources.bak', 'Types: deb\n'), '');
});

t.test(
  'a source package is downloaded beside a broken source, without a change of the system',
  withoutApt,
  async (t) => {
    const home = t.testdir({});
    const folder = join(home, 'own');
    const env = sourceRepository(join(home, 'repository'), { [tarball]: { 'libsrtp/README': 'x' } });
    writeFileSync(join(home, 'repository/sources.list.d/broken.list'), 'deb [trusted=yes] file:/nowhere ./\n');
    const lists = () => statSync('/var/lib/apt/lists').mtimeMs;
    const before = lists();
    const files = await downloadDebianSource({ name: 'libsrtp2', folder, env });
    t.strictSame(
      files.map((file) => basename(file)),
      [tarball],
    );
    t.equal(lists(), before);
    t.strictSame(readdirSync(folder), ['files'], 'lists and caches are gone');
  },
);

t.test('of a mirror that is out of reach, apt says so', withoutApt, async (t) => {
  const folder = t.testdir({});
  const env = aptWith(folder, { 'own.list': 'deb http://127.0.0.1:9/debian bookworm main\n' });
  const downloading = downloadDebianSource({ name: 'libsrtp2', folder: join(folder, 'own'), env });
  await t.rejects(downloading, { message: /^W: Failed to fetch http:\/\/127\.0\.0\.1:9\/.*Could not connect/ });
});

t.test('without apt it fails', async (t) => {
  const downloading = downloadDebianSource({ name: 'libsrtp2', folder: t.testdir({}), env: { PATH: '/nowhere' } });
  await t.rejects(downloading, { message: /`apt-config .*could not be started/ });
});
