/** An element of the page. @throws when the markup lacks it */
export function find<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T {
  const element = root.querySelector<T>(selector);
  if (!element) throw new Error(`The page has no ${selector}.`);
  return element;
}

/** A copy of the one element inside a template of the page. */
export function fromTemplate(id: string): HTMLElement {
  const copy = find<HTMLTemplateElement>(`template#${id}`).content.cloneNode(true) as DocumentFragment;
  return copy.firstElementChild as HTMLElement;
}
