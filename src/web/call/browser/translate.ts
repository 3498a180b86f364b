/**
 * Writes texts into the elements that name one: `data-text` becomes the content, `data-label` the accessible name. Templates included.
 * @throws when the page names a text that there is not
 */
export function translate(texts: object, root: ParentNode = document): void {
  const text = (key: string | undefined) => {
    const found = (texts as Readonly<Record<string, unknown>>)[key ?? ''];
    if (typeof found !== 'string') throw new Error(`There is no text ${key}.`);
    return found;
  };
  for (const element of root.querySelectorAll<HTMLElement>('[data-text]')) {
    element.textContent = text(element.dataset.text);
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-label]')) {
    element.setAttribute('aria-label', text(element.dataset.label));
  }
  for (const template of root.querySelectorAll('template')) translate(texts, template.content);
}
