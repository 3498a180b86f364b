/** How often a server is asked that has no time for a component: then the machine stands still. */
const maxTimes = 60;

/** Asks a server, and again while it responds that it is too busy to start a component (docs/contracts/fishjam-rest.md 6.1). */
export async function whenNotBusy(ask: () => Promise<Response>): Promise<{ response: Response; text: string }> {
  for (let times = 1; ; times += 1) {
    const response = await ask();
    const text = await response.text();
    const isBusy = response.status === 503 && /^{"errors":"Component of type .* did not start in time/.test(text);
    if (!isBusy || times === maxTimes) return { response, text };
  }
}
