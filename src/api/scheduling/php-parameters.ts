/** Parameters by name. Null: it was given, but is no text. */
export type Parameters = ReadonlyMap<string, string | null>;

/** Variables of a source that are looked at, as PHP's `max_input_vars`. */
const maxVariables = 1000;

/** A query string or a form as PHP reads it: docs/contracts/jitsi-admin.md 2. @param encoded without a question mark */
export function encodedParameters(encoded: Buffer): Parameters {
  const variables = encoded.toString().split('&', maxVariables).join('&');
  // One question mark is not part of the first name for this class.
  return namedParameters(new URLSearchParams(`?${variables}`));
}

/** Of equal names the last one counts. Names are changed as PHP does it: `app.id` is `app_id`, `name[]` is a list. */
export function namedParameters(entries: Iterable<readonly [name: string, value: string]>): Parameters {
  const parameters = new Map<string, string | null>();
  for (const [written, value] of entries) {
    const [, plain = '', rest = ''] = /^ *([^[]*)(.*)$/s.exec(written) ?? [];
    // A bracket that is never closed is part of a name, and of none of ours.
    if (rest !== '' && !rest.includes(']')) continue;
    parameters.set(plain.replaceAll(/[ .]/g, '_'), rest === '' ? value.toWellFormed() : null);
  }
  return parameters;
}
