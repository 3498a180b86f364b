import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runCommand } from './command.mjs';

/**
 * Downloads a source package of the distribution from the machine's own mirrors, verified by apt. Nothing of the system is changed: the
 * sources of packages, their lists and everything that apt caches are in the given folder. Needs neither root nor dpkg-dev.
 *
 * @param {{ name: string, folder: string, env?: NodeJS.ProcessEnv }} options `folder` must be empty
 * @returns {Promise<string[]>} paths of the files of the package: the `.dsc` and what it lists
 * @throws when there is no apt, no source of this package, or no network
 */
export async function downloadDebianSource({ name, folder, env = process.env }) {
  const state = join(folder, 'apt');
  const files = join(folder, 'files');
  const sources = join(state, 'sources');
  for (const part of [files, sources, join(state, 'lists/partial'), join(state, 'cache/archives/partial')]) {
    await mkdir(part, { recursive: true });
    // apt drops root before it downloads, but not where its user cannot write.
    await chmod(part, 0o755);
  }
  const { list, parts } = await configuredSources(env);
  for (const path of [list, ...(await entriesOf(parts))]) {
    const text = existsSync(path) ? sourcesOfSourcePackages(path, await readFile(path, 'utf8')) : '';
    if (text !== '') await writeFile(join(sources, basename(path)), text);
  }
  const configuration = join(state, 'apt.conf');
  await writeFile(configuration, aptConfiguration(state, sources));
  const apt = (/** @type {string[]} */ ...args) =>
    runCommand('apt-get', ['-c', configuration, ...args], { cwd: files, env: { ...env, LC_ALL: 'C.UTF-8' } });
  // Sources beside the distribution's may be broken, or have no source packages: what comes next tells whether that matters.
  const updated = await apt('update').catch((error) => String(error.message).split('\n'));
  try {
    await apt('source', '--only-source', '--download-only', name);
  } catch (error) {
    const cause = updated.find((line) => /^[EW]: Failed to fetch/.test(line));
    throw cause ? new Error(cause, { cause: error }) : error;
  }
  await rm(state, { recursive: true });
  return (await readdir(files)).map((file) => join(files, file));
}

/**
 * Turns the entries for binary packages of one file into entries for source packages; options such as mirrors and keys stay as they are.
 * Both formats of sources.list(5).
 *
 * @param {string} path tells the format by its end
 * @param {string} text
 */
export function sourcesOfSourcePackages(path, text) {
  if (path.endsWith('.sources')) return text.replace(/^Types:.*$/gim, 'Types: deb-src');
  if (!path.endsWith('.list')) return '';
  return text.replace(/^[ \t]*deb(?=[ \t])/gm, 'deb-src');
}

/**
 * What replaces the machine's settings; all others, a proxy for one, hold.
 *
 * @param {string} state
 * @param {string} sources
 */
function aptConfiguration(state, sources) {
  const settings = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': sources,
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': join(state, 'cache'),
    // A mirror that does not respond must not hold up the set-up for long.
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
  };
  // These hooks are for the lists of the system.
  const hooks = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'];
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  return [...hooks.map((name) => `#clear ${name};`), ...lines, ''].join('\n');
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ list: string, parts: string }>} the file and the folder of the machine's sources
 */
async function configuredSources(env) {
  const wanted = ['list', 'Dir::Etc::sourcelist/f', 'parts', 'Dir::Etc::sourceparts/d'];
  const lines = await runCommand('apt-config', ['shell', ...wanted], { env });
  const value = (/** @type {string} */ name) => lines.join('\n').match(new RegExp(`^${name}='(.*)'$`, 'm'))?.[1] ?? '';
  return { list: value('list'), parts: value('parts') };
}

/** @param {string} folder */
async function entriesOf(folder) {
  const names = existsSync(folder) ? await readdir(folder) : [];
  return names.map((name) => join(folder, name));
}
