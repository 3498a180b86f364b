const key = 'shoal-device';

/** Tells this browser from the visitor's others: when it joins again, its earlier peer gives way. */
export function deviceId(): string {
  try {
    const known = localStorage.getItem(key);
    if (known) return known;
    const made = randomId();
    localStorage.setItem(key, made);
    return made;
  } catch {
    // The browser keeps nothing for this page.
    return randomId();
  }
}

/** 32 hexadecimal digits. `crypto.randomUUID` is for pages with HTTPS only. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
