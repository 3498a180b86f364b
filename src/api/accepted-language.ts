/** Languages of what people read. */
export type Language = 'de' | 'en';

/** Characters of the header that are read. */
const maxLength = 500;

/** The language that somebody prefers: RFC 9110 12.5.4. @param header `Accept-Language`. @returns English when neither is preferred */
export function acceptedLanguage(header: string | undefined): Language {
  let best: { readonly language: Language; readonly weight: number } = { language: 'en', weight: 0 };
  for (const range of (header ?? '').slice(0, maxLength).toLowerCase().split(',')) {
    const [, name, weight = '1'] =
      /^\s*(de|en)(?:-[a-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(range) ?? [];
    if (name && Number(weight) > best.weight) best = { language: name as Language, weight: Number(weight) };
  }
  return best.language;
}
