/** What children may know of our environment, which holds secrets: where programs, libraries and temporary files are, and the locale. */
const inherited = ['PATH', 'LD_LIBRARY_PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ'];

/** The environment of a child process. @param env ours */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(inherited.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Calls `start` while our environment is that of children: for libraries that hand all of ours on. It must start its child at once. */
export function withChildEnvironment<T>(start: () => T): T {
  const ours = process.env;
  process.env = childEnvironment(ours);
  try {
    return start();
  } finally {
    process.env = ours;
  }
}
