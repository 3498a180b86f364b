/** Where browsers go, and never what they run. */
const refused = new Set([
  'javascript:',
  'data:',
  'blob:',
  'vbscript:',
  'file:',
  'filesystem:',
  'about:',
  'view-source:',
]);

/** The address of an app or a page, when it is one. */
export function webAddress(text: string | undefined): URL | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return refused.has(url.protocol) ? undefined : url;
}
