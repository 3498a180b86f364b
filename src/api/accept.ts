/**
 * Whether an `Accept` header admits JSON: docs/contracts/fishjam-rest.md 1.2. Weights are not looked at.
 * @param header undefined = none was sent
 */
export function admitsJson(header: string | undefined): boolean {
  if (header === undefined || header.includes('*/*')) return true;
  return header.split(',').some((entry) => admitting.has(entry.split(';', 1)[0]?.trim().toLowerCase() ?? ''));
}

const admitting = new Set(['application/json', 'application/*']);
