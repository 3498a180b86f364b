import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Skips a test on other distributions. */
export const withoutApt = { skip: spawnSync('apt-get', ['--version']).status !== 0 && 'there is no apt' };

/** Files of a source package, by name. */
export type SourceFiles = Record<string, Record<string, string>>;

/**
 * A repository of one source package, and an apt that knows it alone.
 * @param repository folder to make @param tarballs what is in each file of the package: `libsrtp2_2.5.0.orig.tar.gz` and so on
 * @returns the environment of such an apt
 */
export function sourceRepository(repository: string, tarballs: SourceFiles): NodeJS.ProcessEnv {
  mkdirSync(repository);
  const checksums = Object.entries(tarballs).map(([name, content]) => {
    pack(join(repository, name), content);
    const bytes = readFileSync(join(repository, name));
    return ` ${createHash('sha256').update(bytes).digest('hex')} ${bytes.length} ${name}`;
  });
  const description = ['Version: 2.5.0-3', 'Format: 3.0 (quilt)', 'Directory: .', 'Checksums-Sha256:', ...checksums];
  const index = ['Package: libsrtp2', 'Binary: libsrtp2-dev', ...description, ''];
  writeFileSync(join(repository, 'Sources'), index.join('\n'));
  return aptWith(repository, { 'own.list': `deb [trusted=yes] file:${repository} ./\n` });
}

/** The environment of an apt with these files of sources only. @param folder where they go */
export function aptWith(folder: string, sources: Record<string, string>): NodeJS.ProcessEnv {
  const parts = join(folder, 'sources.list.d');
  mkdirSync(parts);
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(parts, name), text);
  const configuration = join(folder, 'apt.conf');
  writeFileSync(configuration, `Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "${parts}";\n`);
  return { ...process.env, APT_CONFIG: configuration };
}

function pack(file: string, content: Record<string, string>): void {
  const folder = `${file}.content`;
  for (const [name, text] of Object.entries(content)) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  const { status, stderr } = spawnSync('tar', ['-caf', file, '-C', folder, ...Object.keys(content)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}
