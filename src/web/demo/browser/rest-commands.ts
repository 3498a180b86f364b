import { find, fromTemplate } from '../../call/browser/from-template.ts';

/** The requests with which a backend does what this page does. */
export class RestCommands {
  readonly #list = find('#commands');

  /** @param codec that the room enforces; empty = any */
  show(roomId: string, codec: string): void {
    const room = codec === '' ? { roomId } : { roomId, videoCodec: codec };
    const commands = [
      ['Create the room', request('POST', '/room', room)],
      ['Add a peer: the client gets its token', request('POST', `/room/${roomId}/peer`, { type: 'webrtc' })],
      ['Show the room', request('GET', `/room/${roomId}`)],
    ] as const;
    this.#list.replaceChildren(...commands.map(([title, text]) => this.#item(title, text)));
  }

  #item(title: string, text: string): HTMLElement {
    const item = fromTemplate('command');
    find('h3', item).textContent = title;
    find('pre', item).textContent = text;
    const button = find<HTMLButtonElement>('button', item);
    button.setAttribute('aria-label', `Copy: ${title}`);
    // Without HTTPS there is no clipboard. The text can still be selected.
    button.hidden = !navigator.clipboard;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    });
    return item;
  }
}

function request(method: string, path: string, body?: object): string {
  const lines = [
    `curl -X ${method}`,
    `  ${location.origin}${path}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    '  -H "Authorization: Bearer ${FJ_SERVER_API_TOKEN:-development}"',
  ];
  if (body) lines.push("  -H 'Content-Type: application/json'", `  -d '${JSON.stringify(body)}'`);
  return lines.join(' \\\n');
}
